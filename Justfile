# What CI runs is `just check`.

# Format, lint, test.
check:
    tests/run

# Build and serve the sample group.
serve:
    cargo run --release -- serve

# Write the JSON Schemas anew.
schema:
    cargo run --release -- schema docs/schema

# Write the expected outputs of the golden tests anew; look at the difference before committing it.
bless:
    PORTICO_BLESS=1 cargo test --test golden --test mistakes

# Compose the modest sites of the sample group anew from the table of facts.
sample:
    python3 examples/sample/compose.py

# Measure publishing (see benches/README.md).
bench-publish *ARGS:
    python3 benches/publish.py {{ARGS}}

# Measure against Hugo (see benches/README.md).
bench *ARGS:
    python3 benches/peers.py {{ARGS}}
