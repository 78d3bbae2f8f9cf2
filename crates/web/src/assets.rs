//! The files that pages load: our own, carried in the program, named after their content so that a browser may keep them for a year.
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// One file.
pub(crate) struct Asset {
    /// `/static/obhut-1a2b….css`.
    pub path: String,
    content: &'static [u8],
    kind: &'static str,
}

/// Every file that pages load.
pub(crate) struct Assets {
    /// The stylesheet.
    pub style: Asset,
    /// The script, which no page needs.
    pub script: Asset,
    /// The icon of the browser's tab.
    pub icon: Asset,
}

/// The files.
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: asset("obhut", "css", "text/css; charset=utf-8", include_bytes!("../static/obhut.css")),
    script: asset("obhut", "js", "text/javascript; charset=utf-8", include_bytes!("../static/obhut.js")),
    icon: asset("icon", "svg", "image/svg+xml", include_bytes!("../static/icon.svg")),
});

fn asset(name: &str, ending: &str, kind: &'static str, content: &'static [u8]) -> Asset {
    // FNV-1a: a name for a cache, not a proof.
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    Asset { path: format!("/static/{name}-{hash:016x}.{ending}"), content, kind }
}

/// `GET /static/{file}`.
pub(crate) async fn show(Path(file): Path<String>) -> Response {
    let assets = &*ASSETS;
    let all = [&assets.style, &assets.script, &assets.icon];
    match all.into_iter().find(|asset| asset.path.strip_prefix("/static/") == Some(&file)) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /favicon.ico`, which browsers ask for without being told to.
pub(crate) async fn favicon() -> Response {
    let headers = [(header::CONTENT_TYPE, ASSETS.icon.kind), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, ASSETS.icon.content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_answers_under_its_hash_only() {
        let name = ASSETS.style.path.strip_prefix("/static/").unwrap().to_owned();
        let found = show(Path(name)).await;
        assert_eq!(found.status(), StatusCode::OK);
        assert!(found.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        assert_eq!(show(Path("obhut.css".into())).await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn no_file_asks_a_third_party() {
        for asset in [&ASSETS.style, &ASSETS.script] {
            let text = std::str::from_utf8(asset.content).unwrap();
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("@import"));
        }
        assert!(std::str::from_utf8(ASSETS.script.content).unwrap().lines().count() < 400);
    }
}
