//! Another organisation's sign-in, as small as it can be: it says of everyone who comes that they
//! are the subject it was started with.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub, reason = "tests")]

use axum::extract::{Query, State};
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use openidconnect::core::{CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm};
use openidconnect::core::{CoreJsonWebKeySet, CoreRsaPrivateSigningKey};
use openidconnect::{
    Audience, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey as _,
    StandardClaims, SubjectIdentifier,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    subject: String,
    asked: Arc<Mutex<HashMap<String, String>>>,
}

fn key() -> CoreRsaPrivateSigningKey {
    let id = Some(JsonWebKeyId::new("one".to_owned()));
    CoreRsaPrivateSigningKey::from_pem(include_str!("provider.pem"), id).unwrap()
}

/// Starts it on a free port.
pub async fn start(subject: &str) -> Provider {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let provider = Provider { issuer, subject: subject.to_owned(), asked: Arc::default() };
    let app = Router::new()
        .route("/.well-known/openid-configuration", get(found))
        .route("/keys", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .with_state(provider.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    provider
}

async fn found(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer, "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"), "jwks_uri": at("/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys() -> Json<CoreJsonWebKeySet> {
    Json(CoreJsonWebKeySet::new(vec![key().as_verification_key()]))
}

async fn authorize(
    State(provider): State<Provider>,
    Query(asked): Query<HashMap<String, String>>,
) -> Redirect {
    assert_eq!(asked["code_challenge_method"], "S256");
    provider.asked.lock().unwrap().insert("code".to_owned(), asked["nonce"].clone());
    Redirect::to(&format!("{}?code=code&state={}", asked["redirect_uri"], asked["state"]))
}

async fn token(
    State(provider): State<Provider>,
    Form(asked): Form<HashMap<String, String>>,
) -> Json<Value> {
    let nonce = provider.asked.lock().unwrap().remove(&asked["code"]).unwrap_or_default();
    let now = std::time::SystemTime::now();
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(provider.issuer.clone()).unwrap(),
        vec![Audience::new("countersign".to_owned())],
        now.checked_add(std::time::Duration::from_secs(300)).unwrap().into(),
        now.into(),
        StandardClaims::new(SubjectIdentifier::new(provider.subject.clone())),
        EmptyAdditionalClaims {},
    );
    let claims = claims.set_nonce(Some(Nonce::new(nonce)));
    let rs256 = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let id = CoreIdToken::new(claims, &key(), rs256, None, None).unwrap();
    Json(json!({ "access_token": "x", "token_type": "bearer", "id_token": id.to_string() }))
}
