//! A case as people bring it forward in their browsers: asking, and giving one's word.

use crate::fault::Fault;
use crate::served::Served;
use crate::spot::Spot::{Css, Label, Words};
use crate::tab::Tab;

/// Asks for the use of two units that two offices must agree to; gives the request's id.
///
/// # Errors
/// [`Fault`] when the form is not taken.
pub async fn ask(holder: &Tab, served: &Served) -> Result<String, Fault> {
    holder.open(&served.at("/requests/new")).await?;
    holder.press(Label("Use units")).await?;
    holder.fill(Label("For which holder"), "UA").await?;
    holder.fill(Label("Which item"), "STORM-SHADOW").await?;
    holder.fill(Label("How many units"), "2").await?;
    holder.press(Label("(RU.Border, in RU)")).await?;
    holder.fill(Label("From"), "2025-12-01T09:00").await?;
    holder.fill(Label("Until"), "2025-12-31T00:00").await?;
    holder.fill(Label("Why"), "Requested by the General Staff.").await?;
    holder.follow(Words("Submit the request")).await?;
    holder.must_be_quiet().await?;
    let url = holder.url().await?;
    let id = url.rsplit('/').next().unwrap_or_default().to_owned();
    if id.starts_with("REQ-") { Ok(id) } else { Err(Fault::new(format!("no case: {url}"))) }
}

/// Goes from the page of a case to the page on which the word on it is signed.
///
/// # Errors
/// [`Fault`] when there is no such way, or the form is not taken.
pub async fn say(tab: &Tab, way: &str, word: &str, why: &str) -> Result<(), Fault> {
    tab.follow(Words(way)).await?;
    tab.press(Label(word)).await?;
    tab.fill(Label("Reason"), why).await?;
    tab.follow(Words("Read and sign the text")).await?;
    tab.wait_for(Css("#statement")).await
}
