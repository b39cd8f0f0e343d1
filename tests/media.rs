//! Pictures: what is published of them, what is refused, and what a build does not do twice.
//!
//! In: pictures made by code, beside the items of small portal groups. Out: the published files, looked into byte by byte and pixel by
//! pixel, and how many photographs a build decoded.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;
mod pictures;

use std::collections::BTreeSet;
use std::fs;

use group::{Built, Group, item};
use image::{DynamicImage, ImageFormat};
use pictures::{Jpeg, SECRET, photo};

/// A group whose first article shows the file `name`.
fn showing(name: &str, bytes: &[u8]) -> Group {
    let group = Group::small();
    group.write("content/jyj/news/x.md", item("开学", "2026-03-01", "summary: 开学了", "开学。"));
    group.write(&format!("content/www/news/{name}"), bytes);
    group.write("content/www/news/a.md", item("甲", "2026-01-01", "summary: 甲", &format!("甲的正文。\n\n![说明]({name})")));
    group
}

/// The published files of a picture beside the first article, by what follows its name.
fn published(group: &Group, name: &str) -> Vec<(String, Vec<u8>)> {
    let prefix = format!("www/news/{name}");
    group.tree().into_iter().filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_string(), bytes))).collect()
}

/// The names without the digest: `960.webp`.
fn sizes(files: &[(String, Vec<u8>)]) -> BTreeSet<&str> {
    files.iter().map(|(name, _)| name.split_once('-').map_or("", |(_, size)| size)).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[track_caller]
fn errors(built: &Built, wanted: &[&str]) {
    assert_eq!((built.codes(), built.status), (wanted.iter().map(ToString::to_string).collect(), 1), "{}", built.stderr);
}

fn photos_made(built: &Built) -> u64 {
    built.number("photos_made")
}

#[test]
fn a_photograph_is_published_in_three_sizes_and_two_formats() {
    let group = showing("p.jpg", &photo(2400, 1600));
    group.build_well(&[]);
    let files = published(&group, "p.jpg");
    assert_eq!(sizes(&files), BTreeSet::from(["480.jpg", "480.webp", "960.jpg", "960.webp", "1920.jpg", "1920.webp"]));
    for (name, bytes) in &files {
        let long: u32 = name.split(['-', '.']).rev().nth(1).unwrap().parse().unwrap();
        assert_eq!(pictures::size_of(bytes), (long, long * 2 / 3), "{name}");
        assert_eq!(image::guess_format(bytes).unwrap() == ImageFormat::WebP, name.ends_with("webp"));
        assert!(pictures::is_upright(bytes), "{name}");
    }
    let page = group.page("www/news/a.html");
    let source = page.split("<source").nth(1).unwrap();
    assert!(page.contains(" width=\"1920\" height=\"1280\" loading=\"lazy\" decoding=\"async\"></picture>"), "{page}");
    assert!(source.starts_with(" type=\"image/webp\" srcset=\"/news/p.jpg.") && source.contains("-960.webp 960w, "), "{source}");
}

#[test]
fn nothing_is_enlarged() {
    let group = showing("p.jpg", &photo(700, 300));
    group.build_well(&[]);
    assert_eq!(sizes(&published(&group, "p.jpg")), BTreeSet::from(["480.jpg", "480.webp", "700.jpg", "700.webp"]));
}

#[test]
fn where_and_with_what_a_photograph_was_taken_is_nowhere_published() {
    let png = pictures::with_texts(&group::picture(40, 20));
    let files = [("p.jpg", photo(900, 600)), ("g.png", png), ("m.gif", pictures::animated_gif()), ("m.webp", pictures::animated_webp())];
    for (name, bytes) in files {
        assert!(holds(&bytes, SECRET), "{name}: the test itself");
        let group = showing(name, &bytes);
        group.build_well(&[]);
        assert!(!published(&group, name).is_empty(), "{name}");
        for (path, bytes) in group.tree() {
            let told = [SECRET, "Exif", "EXIF", "eXIf", "XMP ", "ns.adobe.com", "II*\0"].into_iter().find(|text| holds(&bytes, text));
            assert_eq!(told, None, "{path}");
        }
    }
}

#[test]
fn however_the_camera_was_held_the_picture_stands_upright() {
    for turn in 1..=8 {
        let group = showing("p.jpg", &pictures::turned(600, 360, turn));
        group.build_well(&[]);
        for (name, bytes) in published(&group, "p.jpg") {
            let (width, height) = pictures::size_of(&bytes);
            assert!(width * 3 == height * 5 && pictures::is_upright(&bytes), "turn {turn}: {name} {width}×{height}");
        }
        assert!(group.page("www/news/a.html").contains("width=\"600\" height=\"360\""), "turn {turn}");
    }
}

#[test]
fn what_printers_scanners_and_phones_write_is_understood() {
    let image = pictures::quarters(500, 400);
    let noisy = DynamicImage::ImageRgb8(image.clone());
    let progressive = pictures::jpeg(&image, &Jpeg { progressive: true, ..Jpeg::default() });
    let sixteen = pictures::written(&DynamicImage::ImageRgb16(noisy.to_rgb16()), ImageFormat::Png);
    for (name, bytes) in [
        ("cmyk.jpg", pictures::cmyk(500, 400)),
        ("progressive.jpg", progressive),
        ("sixteen.png", sixteen),
        ("noisy.png", pictures::written(&noisy, ImageFormat::Png)),
        ("still.webp", pictures::written(&noisy, ImageFormat::WebP)),
    ] {
        let group = showing(name, &bytes);
        group.build_well(&[]);
        let files = published(&group, name);
        // A PNG of 16 bits is a photograph when its grain is: here it only repeats eight.
        if name != "sixteen.png" {
            assert_eq!(sizes(&files), BTreeSet::from(["500.jpg", "500.webp"]), "{name}");
        }
        assert!(!files.is_empty() && files.iter().all(|(_, bytes)| pictures::is_upright(bytes)), "{name}");
    }
    let grey = pictures::written(&DynamicImage::ImageLuma8(noisy.to_luma8()), ImageFormat::Jpeg);
    let group = showing("grey.jpg", &grey);
    group.build_well(&[]);
    assert_eq!(published(&group, "grey.jpg").len(), 2);
}

#[test]
fn colours_of_a_wider_space_are_brought_to_the_one_browsers_assume() {
    let plain = image::RgbImage::from_pixel(300, 200, image::Rgb([200, 60, 60]));
    let shown = |profile: Option<Vec<u8>>| {
        let group = showing("p.jpg", &pictures::jpeg(&plain, &Jpeg { profile, ..Jpeg::default() }));
        group.build_well(&[]);
        let (_, bytes) = published(&group, "p.jpg").into_iter().find(|(name, _)| name.ends_with("jpg")).unwrap();
        image::load_from_memory(&bytes).unwrap().to_rgb8().get_pixel(100, 100).0
    };
    let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 6);
    assert!(near(shown(None), [200, 60, 60]));
    let wide = shown(Some(moxcms::ColorProfile::new_display_p3().encode().unwrap()));
    // Display P3 (200, 60, 60) is (218, 41, 52) in sRGB.
    assert!(near(wide, [218, 41, 52]), "{wide:?}");
    assert!(near(shown(Some(b"no profile at all".to_vec())), [200, 60, 60]));
}

#[test]
fn drawings_and_animations_stay_as_they_are() {
    let flat = pictures::with_texts(&group::picture(2000, 1000));
    let group = showing("g.png", &flat);
    group.build_well(&[]);
    let [(_, bytes)] = published(&group, "g.png").try_into().unwrap();
    assert_eq!(bytes, group::picture(2000, 1000), "the file without its texts");
    assert!(group.page("www/news/a.html").contains("<figure><img src=\"/news/g.png\""));
    for (name, bytes) in [("m.gif", pictures::animated_gif()), ("m.webp", pictures::animated_webp())] {
        let group = showing(name, &bytes);
        group.build_well(&[]);
        let [(_, bytes)] = published(&group, name).try_into().unwrap();
        assert_eq!((pictures::frames(&bytes), pictures::size_of(&bytes)), (2, (20, 10)), "{name}");
    }
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused_from_its_header() {
    for (name, bytes) in [("b.png", pictures::png_bomb(60_000, 60_000)), ("b.jpg", pictures::jpeg_bomb(65_000, 65_000))] {
        let group = showing(name, &bytes);
        let built = group.build();
        errors(&built, &["broken-file content/www/news/a.md"]);
        assert!(built.stderr.contains("too large") && photos_made(&built) == 0, "{}", built.stderr);
        assert!(published(&group, name).is_empty() && group.out().join("www/news/b.html").exists());
    }
}

#[test]
fn what_ends_too_early_or_cannot_be_shown_is_told_and_nothing_else_suffers() {
    let good = photo(400, 300);
    let graphic = group::picture(40, 20);
    for (name, bytes) in [
        ("cut.jpg", &good[..good.len() * 2 / 3]),
        ("cut.png", &graphic[..graphic.len() - 14]),
        ("cut.gif", &pictures::animated_gif()[..60]),
        ("cut.webp", &pictures::animated_webp()[..60]),
        ("scans.jpg", &pictures::jpeg(&pictures::quarters(400, 300), &Jpeg { scans: true, ..Jpeg::default() })),
        ("none.jpg", &[]),
        ("text.jpg", b"not a picture"),
    ] {
        let group = showing(name, bytes);
        errors(&group.build(), &["broken-file content/www/news/a.md"]);
        assert!(published(&group, name).is_empty() && group.out().join("www/news/b.html").exists(), "{name}");
    }
    let group = showing("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    errors(&group.build(), &["refused-file content/www/news/a.md"]);
}

#[test]
fn what_only_decoding_shows_to_be_damaged_is_told_every_time_and_its_page_is_made() {
    let mut bytes = pictures::written(&DynamicImage::ImageRgb8(pictures::quarters(400, 300)), ImageFormat::Png);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 40].fill(0xAA);
    let group = showing("p.png", &bytes);
    group.settle();
    for _ in 0..2 {
        let built = group.build();
        errors(&built, &["broken-picture content/www/news/p.png"]);
        // The page shows something of the right size at every address it names.
        let files = published(&group, "p.png");
        assert!(group.page("www/news/a.html").contains("p.png.") && !files.is_empty());
        for (name, bytes) in &files {
            assert_eq!((pictures::size_of(bytes), image::guess_format(bytes).unwrap() == ImageFormat::WebP), ((400, 300), name.ends_with("webp")), "{name}");
        }
        group.equals_clean(&[], &built);
    }
    group.write("content/www/news/p.png", group::picture(40, 20));
    let built = group.build_well(&[]);
    assert_eq!(published(&group, "p.png.").len(), 0, "what stood in is gone with the damaged picture");
    group.equals_clean(&[], &built);
}

/// What exiftool tells of files beyond their size and format, as `Group:Tag`.
fn told_by_exiftool(dir: &std::path::Path) -> Vec<String> {
    let asked = ["-r", "-q", "-q", "-json", "-G1", "-a", "-u", "-EXIF:all", "-GPS:all", "-XMP:all", "-IPTC:all", "-PNG:Comment", "-Comment"];
    let answer = std::process::Command::new("exiftool").args(asked).arg(dir).output().unwrap_or_else(|e| panic!("exiftool (libimage-exiftool-perl): {e}"));
    let files: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
    let tags = files.as_array().into_iter().flatten().flat_map(|file| file.as_object().into_iter().flatten());
    tags.map(|(name, _)| name.clone()).filter(|name| name != "SourceFile").collect()
}

#[test]
fn exiftool_finds_no_place_and_no_camera_in_what_is_published() {
    let group = showing("p.jpg", &photo(900, 600));
    group.build_well(&[]);
    assert!(told_by_exiftool(&group.path("content")).iter().any(|tag| tag.starts_with("GPS:GPS")), "the test itself: the original tells no place");
    assert_eq!(told_by_exiftool(&group.out()), Vec::<String>::new());
}

#[test]
fn a_bomb_is_refused_in_less_than_a_gigabyte() {
    for (name, bytes) in [("b.png", pictures::png_bomb(60_000, 60_000)), ("b.jpg", pictures::jpeg_bomb(65_000, 65_000))] {
        let group = showing(name, &bytes);
        let build = group.command(&[]);
        // The most memory a child ever had is told by the kernel to whoever waits for it.
        let script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
        let answer = std::process::Command::new("python3").args(["-c", script]).arg(build.get_program()).args(build.get_args()).output().unwrap();
        let kilobytes: u64 = String::from_utf8_lossy(&answer.stdout).trim().parse().unwrap();
        assert!((1_000..1_000_000).contains(&kilobytes), "{name}: {kilobytes} KB");
        assert!(published(&group, name).is_empty() && group.out().join("www/news/b.html").exists());
    }
}

#[test]
fn a_photograph_of_many_sites_is_decoded_once() {
    let group = Group::small();
    let bytes = photo(800, 600);
    for site in ["www", "jyj", "tea"] {
        group.write(&format!("content/{site}/news/same-{site}.jpg"), &bytes);
        group.write(&format!("content/{site}/news/s.md"), item("同一张", "2026-05-01", "summary: 同", &format!("![同](same-{site}.jpg)")));
    }
    assert_eq!(photos_made(&group.build_well(&[])), 1);
    let tree = group.tree();
    let copies = |part: &str| tree.iter().filter(|(path, _)| path.contains("same-") && path.ends_with(part)).map(|(_, bytes)| bytes).collect::<Vec<_>>();
    assert_eq!((copies("-480.webp").len(), copies("-480.webp").windows(2).all(|w| w[0] == w[1])), (3, true));
    // Another output folder takes it from the cache.
    assert_eq!(photos_made(&group.build_well(&["--out", "other"])), 0);
    assert_eq!(group::tree(&group.path("other")), tree);
}

#[test]
fn an_unchanged_photograph_is_not_even_looked_for_in_the_cache() {
    let group = showing("p.jpg", &photo(800, 600));
    assert_eq!(photos_made(&group.build_well(&[])), 1);
    group.remove(".portico/pictures");
    group.edit("content/www/news/b.md", "乙的正文", "乙的新正文");
    let built = group.build_well(&[]);
    assert_eq!((photos_made(&built), built.number("written")), (0, 1));
    // A lost output is made again, here without the cache.
    let lost = published(&group, "p.jpg").remove(0).0;
    fs::remove_file(group.out().join(format!("www/news/p.jpg{lost}"))).unwrap();
    let built = group.build_well(&[]);
    assert_eq!((photos_made(&built), built.number("written")), (1, 1));
    group.equals_clean(&[], &built);
}

#[test]
fn a_damaged_or_foreign_cache_changes_nothing() {
    let group = showing("p.jpg", &photo(800, 600));
    let first = group.build_well(&[]);
    let cache = group.path(".portico/pictures");
    let files: Vec<String> = group::tree(&cache).into_keys().collect();
    assert_eq!(files.len(), 4);
    for (number, file) in files.iter().enumerate() {
        let mut bytes = fs::read(cache.join(file)).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        bytes.truncate(bytes.len() - number);
        fs::write(cache.join(file), bytes).unwrap();
        fs::remove_dir_all(group.out()).unwrap();
        let built = group.build_well(&[]);
        assert_eq!(photos_made(&built), 1, "{file}");
        group.equals_clean(&[], &first);
    }
    // What is no entry at all goes as soon as something is made; so does what was made of a photograph that is gone.
    fs::write(cache.join("1/left.new"), b"x").unwrap();
    fs::create_dir_all(cache.join("0")).unwrap();
    group.write("content/www/news/p.jpg", photo(801, 600));
    assert_eq!(photos_made(&group.build_well(&[])), 1);
    let now: Vec<String> = group::tree(&cache).into_keys().collect();
    assert!(now.len() == 4 && now.iter().all(|f| !files.contains(f)) && !cache.join("0").exists(), "{now:?}");
}

#[test]
fn another_photograph_in_the_same_file_changes_its_page_and_its_own_files_only() {
    let group = showing("p.jpg", &photo(600, 400));
    group.build_well(&[]);
    let old: Vec<String> = published(&group, "p.jpg").into_iter().map(|(rest, _)| format!("www/news/p.jpg{rest}")).collect();
    group.write("content/www/news/p.jpg", photo(604, 400));
    let (changes, built) = group.changes(&[]);
    let new = published(&group, "p.jpg").into_iter().map(|(rest, _)| format!("www/news/p.jpg{rest}"));
    let wanted: BTreeSet<String> = new.chain(["www/news/a.html".to_string()]).collect();
    group::assert_same("written", &changes.written, &wanted);
    group::assert_same("removed", &changes.removed, &old.into_iter().collect());
    group.equals_clean(&[], &built);
    assert_eq!(group.changes(&["--threads", "1"]).0, group::Changes::default());
}

#[test]
fn a_page_that_stays_keeps_its_photographs() {
    let group = showing("p.jpg", &photo(600, 400));
    group.build_well(&[]);
    let (page, files) = (group.page("www/news/a.html"), published(&group, "p.jpg"));
    let good = fs::read_to_string(group.path("content/www/news/a.md")).unwrap();
    let kept = |group: &Group| files.iter().all(|(rest, bytes)| fs::read(group.out().join(format!("www/news/p.jpg{rest}"))).unwrap() == *bytes);
    // Cut off, replaced while the text is broken, gone: the page that stays still shows what it showed.
    group.write("content/www/news/p.jpg", &photo(600, 400)[..2000]);
    errors(&group.build(), &["broken-file content/www/news/a.md"]);
    assert!(group.page("www/news/a.html") == page && kept(&group));
    group.write("content/www/news/p.jpg", photo(604, 400));
    group.write("content/www/news/a.md", good.replace("date: 2026-01-01", "date: someday"));
    errors(&group.build(), &["bad-date content/www/news/a.md"]);
    assert!(group.page("www/news/a.html") == page && kept(&group));
    group.remove("content/www/news/p.jpg");
    assert_eq!(group.build().status, 1);
    assert!(group.page("www/news/a.html") == page && kept(&group));
    // Mended: nothing of it is left.
    group.write("content/www/news/a.md", good);
    group.write("content/www/news/p.jpg", photo(608, 400));
    let built = group.build_well(&[]);
    group.equals_clean(&[], &built);
}

#[test]
fn a_damaged_picture_of_an_albums_folder_is_told_and_left_out() {
    let group = Group::small();
    for n in 3..6 {
        group.write(&format!("content/tea/album/spring/{n}.jpg"), photo(500 + n, 300));
    }
    group.build_well(&[]);
    group.write("content/tea/album/spring/4.jpg", b"cut off");
    let built = group.build();
    errors(&built, &["broken-file content/tea/album/spring/4.jpg"]);
    let page = group.page("www/tea/album/spring.html");
    assert!(page.contains("/3.jpg.") && page.contains("/5.jpg.") && !page.contains("4.jpg"), "{page}");
    group.equals_clean(&[], &built);
}

#[test]
fn a_link_to_a_photograph_leads_to_its_largest_jpeg() {
    let group = showing("p.jpg", &photo(2000, 1000));
    group.write("content/jyj/news/l.md", item("链接", "2026-05-02", "summary: 链\nattachments: [q.jpg]", "[照片](@/www/news/p.jpg)、[自己的](q.jpg)"));
    group.write("content/jyj/news/q.jpg", photo(300, 200));
    group.build_well(&[]);
    let page = group.page("jyj/news/l.html");
    let hash = |file: &str| group.tree().keys().find_map(|p| Some(p.split_once(file)?.1.split_once('-')?.0.to_string())).unwrap();
    let (p, q) = (hash("/p.jpg"), hash("/q.jpg"));
    assert!(page.contains(&format!("href=\"https://www.yunxiu.test/news/p.jpg{p}-1920.jpg\">照片<span class=\"file\">（JPG）")), "{page}");
    assert!(page.contains(&format!("/news/q.jpg{q}-300.jpg\">自己的")), "{page}");
    assert!(group.out().join(format!("jyj/news/q.jpg{q}-300.jpg")).exists());
}

/// Pixels come from these: another version may make other bytes of the same photograph, and what the cache holds would no longer be what a
/// clean build makes. When this fails, raise `RECIPE` in src/plan/picture.rs with the versions here.
#[test]
fn the_recipe_moves_with_the_libraries() {
    const LIBRARIES: [(&str, &str); 9] = [
        ("image", "0.25.10"),
        ("zune-jpeg", "0.5.15"),
        ("png", "0.18.1"),
        ("image-webp", "0.2.4"),
        ("moxcms", "0.8.1"),
        ("fast_image_resize", "6.1.0"),
        ("jpeg-encoder", "0.7.1"),
        ("webp", "0.3.1"),
        ("libwebp-sys", "0.9.6"),
    ];
    assert_eq!(portico::plan::picture::RECIPE, 1);
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    for (name, version) in LIBRARIES {
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} is no longer {version}");
    }
}
