//! Writes a small portal group whose sites show an album of photographs as cameras make them: to measure what pictures cost.
//!
//! In: a folder, how many photographs and sites, their size. Out: the group; all sites have the same photographs. The same arguments give the
//! same bytes. A landscape with grain, moved on from photograph to photograph, so that each is another file of a camera's weight.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rayon::prelude::*;

const HELP: &str = "usage: album DIR [--photos N] [--sites N] [--width N] [--height N] [--progressive]

Writes a portal group whose sites show the same album (1 photograph of 4000 × 3000 pixels on 1 site). The folder must not be there.
";

struct Wish {
    dir: PathBuf,
    photos: usize,
    sites: usize,
    width: u16,
    height: u16,
    progressive: bool,
}

fn main() -> ExitCode {
    let done = parse(std::env::args().skip(1)).ok_or_else(|| io::Error::other(HELP)).and_then(|wish| write(&wish));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "album: {e}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Option<Wish> {
    let mut wish = Wish { dir: PathBuf::new(), photos: 1, sites: 1, width: 4000, height: 3000, progressive: false };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--photos" => wish.photos = args.next()?.parse().ok()?,
            "--sites" => wish.sites = args.next()?.parse().ok()?,
            "--width" => wish.width = args.next()?.parse().ok()?,
            "--height" => wish.height = args.next()?.parse().ok()?,
            "--progressive" => wish.progressive = true,
            dir if !dir.starts_with('-') => wish.dir = dir.into(),
            _ => return None,
        }
    }
    (!wish.dir.as_os_str().is_empty() && wish.sites > 0).then_some(wish)
}

fn write(wish: &Wish) -> io::Result<()> {
    fs::create_dir(&wish.dir)?;
    fs::create_dir(wish.dir.join("sites"))?;
    fs::write(wish.dir.join("sites/group.yaml"), "name: 云岫市人民政府门户网站群\ndomain: yunxiu.gov.example\nmain: s0\n")?;
    let folders: Vec<PathBuf> = (0..wish.sites).map(|n| site(&wish.dir, n)).collect::<Result<_, _>>()?;
    let pixels = landscape(usize::from(wish.width), usize::from(wish.height));
    (0..wish.photos).into_par_iter().try_for_each(|n| {
        let bytes = photo(&pixels, wish, n)?;
        folders.iter().try_for_each(|folder| fs::write(folder.join(format!("{:04}.jpg", n + 1)), &bytes))
    })
}

/// A site with an album and a page of news. Gives the album's folder.
fn site(root: &Path, n: usize) -> io::Result<PathBuf> {
    let settings = format!(
        "name: 第{n}站\nkind: {}\nat: s{n}\ncolumns:\n- {{id: album, name: 图集, type: album}}\n- {{id: news, name: 动态}}\n",
        if n == 0 { "portal" } else { "department" }
    );
    fs::write(root.join(format!("sites/s{n}.yaml")), settings)?;
    let news = root.join(format!("content/s{n}/news"));
    fs::create_dir_all(&news)?;
    fs::write(news.join("opening.md"), "---\ntitle: 影展开幕\ndate: 2026-11-02\nsummary: 影展开幕\n---\n影展今天开幕。\n")?;
    let folder = root.join(format!("content/s{n}/album/exhibition"));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.md"), "---\ntitle: 云岫山水影展\ndate: 2026-11-03\n---\n入选作品。\n")?;
    Ok(folder)
}

/// Sky, hills, water, and the grain of a lens.
fn landscape(width: usize, height: usize) -> Vec<u8> {
    let mut seed = 1u32;
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let ridge = 0.45 + 0.08 * (u * 9.0).sin() + 0.03 * (u * 41.0).sin() + 0.01 * (u * 173.0).sin();
            let leaves = (u * 700.0).sin() * (v * 500.0).sin() * 14.0;
            let color = if v < ridge { [120.0 + v * 160.0, 160.0 + v * 120.0, 215.0] } else { [60.0 + leaves, 105.0 + leaves - v * 30.0, 70.0 + leaves] };
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = ((seed >> 24) as f32 - 128.0) / 24.0;
            pixels.extend(color.map(|c: f32| (c + grain) as u8));
        }
    }
    pixels
}

/// The `n`-th photograph: the landscape with its rows moved on.
fn photo(pixels: &[u8], wish: &Wish, n: usize) -> io::Result<Vec<u8>> {
    let row = usize::from(wish.width) * 3;
    let (above, below) = pixels.split_at(n * 7 % usize::from(wish.height) * row);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 93);
    // The progressive ones are the hardest on memory: colours at full size.
    encoder.set_sampling_factor(if wish.progressive { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    encoder.set_progressive(wish.progressive);
    encoder.encode(&[below, above].concat(), wish.width, wish.height, ColorType::Rgb).map_err(io::Error::other)?;
    Ok(bytes)
}
