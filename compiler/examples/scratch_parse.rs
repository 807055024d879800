use polity::source::{FileId, Sources};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    if std::env::args().nth(2).as_deref() == Some("-t") {
        for _ in 0..5 {
            let t = std::time::Instant::now();
            let (file, d) = polity::syntax::parse_file(FileId(0), &text);
            eprintln!("{:?} items {} diags {} bytes {}", t.elapsed(), file.items.len(), d.len(), text.len());
        }
        return;
    }
    let sources = Sources::single(&path, &text);
    let (tree, diagnostics) = polity::syntax::parse(&sources);
    for d in &diagnostics {
        let p = d.primary.as_ref().unwrap();
        let (l, c) = sources.line_column(p.span);
        let shown: String = sources.text(p.span).chars().take(50).collect();
        println!("{}:{l}:{c} {} `{}` {}", path, d.code, shown.replace('\n', "⏎"), d.message);
        if !p.text.is_empty() {
            println!("      ^ {}", p.text);
        }
        for o in &d.others {
            let (l, c) = sources.line_column(o.span);
            println!("      {l}:{c} {}", o.text);
        }
        if let Some(h) = &d.help {
            println!("      = help: {h}");
        }
    }
    if std::env::args().nth(2).as_deref() == Some("-d") {
        println!("{tree:#?}");
    }
}
