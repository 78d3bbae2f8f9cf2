//! `GET` and `POST /tokens`: tokens for programs, and a new one, whose text is shown once and kept nowhere; `POST /tokens/{id}/revoke` ends one.
use crate::cross;
use crate::fail::Failure;
use crate::format;
use crate::layout::{Page, html};
use crate::pages::{Posted, Visit, see};
use crate::who;
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use base::{Permission, UserId};

/// Days that a token may hold, as the form offers them; 0 is until it is revoked.
const DAYS: [i64; 4] = [30, 90, 365, 0];
const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "tokens.html")]
struct Tokens {
    page: Page,
    list: Vec<Token>,
    days: Vec<(i64, String)>,
    typed: Typed,
    problem: Option<String>,
    /// Name and text of the token that was just made, shown this once.
    made: Option<(String, String)>,
}

struct Token {
    id: String,
    name: String,
    rights: String,
    maker: String,
    made: String,
    ends: String,
    over: Option<String>,
}

/// What was typed in the form for a new token.
#[derive(Default)]
struct Typed {
    name: String,
    rights: String,
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.query.only(&["done"])?;
    visit.caller().needs(Permission::ManageUsers)?;
    view(&visit, Typed::default(), None, None)
}

pub(crate) async fn send(posted: Posted) -> Result<Response, Failure> {
    let Posted { visit, form } = posted;
    visit.caller().needs(Permission::ManageUsers)?;
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let typed = Typed { name: text("name"), rights: text("rights") };
    let days = form.get("days").and_then(|days| days.parse::<i64>().ok()).filter(|days| DAYS.contains(days));
    let days = days.ok_or_else(|| Failure::bad_request("required", "days"))?;
    let (name, rights) = (typed.name.clone(), typed.rights.clone());
    let made = cross::write(&visit.tenant, visit.caller().clone(), move |op| {
        let expires = (days > 0).then(|| op.now().plus_ms(days * DAY_MS));
        identity::create_token(op, &name, &rights, expires)
    });
    match made.await {
        Ok((_, secret)) => {
            let made = Some((typed.name, secret.to_string()));
            view(&visit, Typed::default(), None, made)
        }
        Err(failure) if failure.status.is_client_error() => {
            let mut response = view(&visit, typed, Some(failure.errors_text(visit.words)), None)?;
            *response.status_mut() = failure.status;
            Ok(response)
        }
        Err(failure) => Err(failure),
    }
}

/// Ends a token.
pub(crate) async fn revoke(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let visit = posted.visit;
    visit.caller().needs(Permission::ManageUsers)?;
    let id: UserId = id.parse().map_err(|_| Failure::not_found())?;
    cross::write(&visit.tenant, visit.caller().clone(), move |op| identity::revoke_token(op, id)).await?;
    Ok(see("/tokens?done=saved"))
}

fn view(
    visit: &Visit,
    typed: Typed,
    problem: Option<String>,
    made: Option<(String, String)>,
) -> Result<Response, Failure> {
    let mut reader = visit.reader()?;
    let now = visit.app.clock.now();
    let english = visit.words.english();
    let mut tokens = Vec::new();
    for token in identity::list_tokens(&mut reader, visit.caller())? {
        let over = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => Some(visit.words.say1("token-revoked", "date", format::moment(at, visit.zone(), english))),
            (None, Some(at)) if at <= now => Some(visit.words.say("token-expired")),
            _ => None,
        };
        tokens.push(Token {
            id: token.id.to_string(),
            maker: who::name_of(&mut reader, visit.caller(), &token.created_by, visit.words)?,
            name: token.name,
            rights: token.rights,
            made: format::moment(token.created_at, visit.zone(), english),
            ends: token
                .expires_at
                .map_or_else(|| visit.words.say("token-never"), |at| format::moment(at, visit.zone(), english)),
            over,
        });
    }
    let days = DAYS.map(|days| {
        (days, if days == 0 { visit.words.say("token-never") } else { visit.words.say1("token-days", "n", days) })
    });
    let page = visit.page(visit.words.say("tokens"));
    Ok(html(&Tokens { page, list: tokens, days: days.to_vec(), typed, problem, made }))
}
