//! Pictures of the interface: small line drawings of our own, part of the page, hidden from screen readers.

/// The mark of the program.
pub const LOGO: &str = r##"<svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#0d5560"/><path d="M6.500 15.500 16 7.500l9.500 8" fill="none" stroke="#fff" stroke-width="2.600" stroke-linecap="round" stroke-linejoin="round"/><circle cx="16" cy="18" r="3" fill="#fff"/><path d="M14.600 19.500h2.800l1 5.500h-4.800z" fill="#fff"/></svg>"##;

macro_rules! icon {
    ($path:literal) => {
        concat!(r#"<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">"#, $path, "</svg>")
    };
}

/// Every picture by name; what is not here gets the last one.
const ICONS: &[(&str, &str)] = &[
    ("home", icon!(r#"<path d="M3 9.500 10 3.500l7 6M5 8.500V16.500h10V8.500"/>"#)),
    ("search", icon!(r#"<circle cx="8.500" cy="8.500" r="5"/><path d="m12.500 12.500 4 4"/>"#)),
    ("upload", icon!(r#"<path d="M10 13V4m-3.500 3.500L10 4l3.500 3.500M4 13v3h12v-3"/>"#)),
    ("user", icon!(r#"<circle cx="10" cy="6.500" r="3"/><path d="M4 16.500c.500-3.500 3-5 6-5s5.500 1.500 6 5"/>"#)),
    (
        "contact",
        icon!(
            r#"<circle cx="7.500" cy="6.500" r="2.700"/><path d="M2.500 15.500c.400-3 2.400-4.500 5-4.500s4.600 1.500 5 4.500M13 4.200a2.700 2.700 0 0 1 0 4.800M14.500 11.300c1.800.600 2.800 2 3 4.200"/>"#
        ),
    ),
    (
        "organisation",
        icon!(
            r#"<path d="M3.500 16.500v-12h8v12M11.500 8.500h5v8M2.500 16.500h15M6 7.500h1M8.500 7.500h.500M6 10.500h1M8.500 10.500h.500M6 13.500h1M8.500 13.500h.500M14 11.500h.500M14 14h.500"/>"#
        ),
    ),
    ("interaction", icon!(r#"<path d="M3.500 4.500h13v9h-7l-3.500 3v-3h-2.500z"/>"#)),
    (
        "vehicle",
        icon!(
            r#"<path d="M3 13.500v-3l1.500-1 1.500-4h7l2 4 2 1v3h-2M6.500 13.500h7"/><circle cx="5" cy="13.800" r="1.600"/><circle cx="15" cy="13.800" r="1.600"/>"#
        ),
    ),
    (
        "order",
        icon!(r#"<path d="M5 3.500h10v13l-2.500-1.500-2.500 1.500-2.500-1.500-2.500 1.500zM7.500 7h5M7.500 10h5"/>"#),
    ),
    ("property", icon!(r#"<path d="M3 10 10 4l7 6M5 9v7.500h10V9M8.500 16.500v-4h3v4"/>"#)),
    ("history", icon!(r#"<path d="M5.500 3.500h7l2.500 2.500v10.500h-9.500zM8 8.500h4.500M8 11h4.500M8 13.500h3"/>"#)),
    (
        "course",
        icon!(r#"<path d="m2.500 7.500 7.500-3.500 7.500 3.500-7.500 3.500zM5.500 9v4c2.500 2 6.500 2 9 0V9"/>"#),
    ),
    ("qualification", icon!(r#"<circle cx="10" cy="8" r="4"/><path d="m7.500 11-1 5.500 3.500-2 3.500 2-1-5.500"/>"#)),
    (
        "store",
        icon!(
            r#"<path d="M4 8.500v8h12v-8M3 8.500l1.500-5h11l1.500 5c0 2.500-3.500 2.500-3.500 0 0 2.500-3.500 2.500-3.500 0 0 2.500-3.500 2.500-3.500 0 0 2.500-3.500 2.500-3.500 0zM8 16.500v-4h4v4"/>"#
        ),
    ),
    (
        "lecturer",
        icon!(r#"<path d="M3 3.500h14v9H3zM10 12.500v4M7 16.500h6"/><path d="M6 9.500l2.500-2.500 2 2 3.500-3"/>"#),
    ),
    (
        "participant",
        icon!(
            r#"<circle cx="10" cy="6.500" r="3"/><path d="M4 16.500c.500-3.500 3-5 6-5s5.500 1.500 6 5"/><path d="m14.500 4.500 1.300 1.300 2.200-2.300"/>"#
        ),
    ),
    ("plus", icon!(r#"<path d="M10 4v12M4 10h12"/>"#)),
    ("minus", icon!(r#"<path d="M4 10h12"/>"#)),
    ("edit", icon!(r#"<path d="m4 16 .700-3.200L13 4.500l2.500 2.500-8.300 8.300z"/>"#)),
    ("clock", icon!(r#"<circle cx="10" cy="10" r="6.500"/><path d="M10 6.500V10l2.500 1.500"/>"#)),
    ("key", icon!(r#"<circle cx="6.500" cy="13.500" r="3"/><path d="M8.700 11.300L16 4M13 7l2.500 2.500"/>"#)),
    ("shield", icon!(r#"<path d="M10 3l6 2v4.500c0 4-2.500 6.500-6 7.800-3.500-1.300-6-3.800-6-7.800V5z"/>"#)),
    (
        "lock",
        icon!(r#"<rect x="4.500" y="9" width="11" height="7.500" rx="1.500"/><path d="M7 9V6.500a3 3 0 0 1 6 0V9"/>"#),
    ),
    (
        "erase",
        icon!(
            r#"<path d="M4 5.500h12M8 5.500v-2h4v2M5.500 5.500l.700 11h7.600l.700-11M8.500 8.500v5M11.500 8.500v5"/>"#
        ),
    ),
    ("download", icon!(r#"<path d="M10 3.500v9M6 9l4 4 4-4M4 16.500h12"/>"#)),
    ("print", icon!(r#"<path d="M6 7.500v-4h8v4M6 13.500H3.500v-6h13v6H14M6 11.500h8v5H6z"/>"#)),
    ("warning", icon!(r#"<path d="M10 3.500 17.500 16.500h-15zM10 8.500v3.500M10 14.300v.200"/>"#)),
    ("check", icon!(r#"<path d="m4 10.500 4 4 8-9"/>"#)),
    ("info", icon!(r#"<circle cx="10" cy="10" r="6.500"/><path d="M10 9.500v4M10 6.700v.200"/>"#)),
    ("up", icon!(r#"<path d="m5.500 12 4.500-4.500 4.500 4.500"/>"#)),
    ("down", icon!(r#"<path d="m5.500 8 4.500 4.500 4.500-4.500"/>"#)),
    ("right", icon!(r#"<path d="m8 5.500 4.500 4.500-4.500 4.500"/>"#)),
    ("module", icon!(r#"<path d="M4 5.500h12v9H4zM4 9h12M8 9v5.500"/>"#)),
];

/// The picture of that name; a neutral one for a module that has none of its own.
pub fn picture(name: &str) -> &'static str {
    let found = ICONS.iter().find(|(known, _)| *known == name).or_else(|| ICONS.last());
    found.map_or("", |(_, svg)| *svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_picture_needs_a_style_or_a_script() {
        for (name, svg) in ICONS {
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{name}");
            assert!(!svg.contains("style=") && !svg.contains("<script") && !svg.contains("href"), "{name}");
        }
        assert_eq!(picture("a tenant's own module"), picture("module"));
    }
}
