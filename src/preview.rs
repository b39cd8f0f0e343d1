//! placeholder
/// placeholder
pub fn serve(_a: &crate::cli::ServeArgs, _l: crate::diagnostic::Lang) -> anyhow::Result<()> { anyhow::bail!("not yet") }
