//! What a person does with a page: go there, wait for it, read it, press, fill in, look at it.
//!
//! Nothing sleeps for a fixed time. Whatever is waited for is asked about again and again until it
//! is so, and if it never is, the failure shows the page as it stood.

use crate::authenticator::Authenticator;
use crate::chromium::View;
use crate::complaints::Complaints;
use crate::fault::{Fault, while_};
use crate::spot::Spot;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::browser_protocol::page::{
    CaptureScreenshotFormat, GetLayoutMetricsParams, Viewport,
};
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::layout::Point;
use chromiumoxide::page::ScreenshotParams;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never. It bounds a failure, not a success.
const PATIENCE: Duration = Duration::from_secs(40);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// One tab of one visitor.
pub struct Tab {
    page: Page,
    complaints: Complaints,
    patience: Duration,
}

impl Tab {
    pub(crate) fn new(page: Page, complaints: Complaints) -> Self {
        Self { page, complaints, patience: PATIENCE }
    }

    /// The same, for whoever expects something not to happen and need not wait for it long.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Looks through another window from now on.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub async fn look_through(&self, view: View) -> Result<(), Fault> {
        view.apply(&self.page).await
    }

    /// Goes to a page, waits until it is loaded, and gives the status of the answer.
    ///
    /// # Errors
    /// [`Fault`] when there is no answer.
    pub async fn goto(&self, url: &str) -> Result<u64, Fault> {
        self.page.goto(url).await.map_err(|error| Fault::from(error).during(url))?;
        self.status().await
    }

    /// Goes to a page that must be there.
    ///
    /// # Errors
    /// [`Fault`] when there is no answer, or one that is not a page: status 400 and above.
    pub async fn open(&self, url: &str) -> Result<(), Fault> {
        let status = self.goto(url).await?;
        if (200..400).contains(&status) {
            return Ok(());
        }
        Err(self.failure(&format!("{url} answered with status {status}")).await)
    }

    /// With which status the page that is shown was answered; 200 for one without a server.
    ///
    /// # Errors
    /// [`Fault`] when the page cannot be asked.
    pub async fn status(&self) -> Result<u64, Fault> {
        let status = "performance.getEntriesByType('navigation')[0]?.responseStatus || 200";
        let status = self.ask(status).await?;
        status.as_u64().ok_or_else(|| Fault::new(format!("{status} is no status")))
    }

    /// Presses what is at a spot, with the mouse, once it is there and can be reached.
    ///
    /// # Errors
    /// [`Fault`] when it never is; it then shows the page.
    pub async fn press(&self, spot: Spot<'_>) -> Result<(), Fault> {
        let what = format!("to press {spot:?}");
        let point = self.until(&what, &spot.press()).await?;
        let number = |axis: &str| point.get(axis).and_then(Value::as_f64);
        let (Some(x), Some(y)) = (number("x"), number("y")) else {
            return Err(Fault::new(format!("{what}: {point} is no point")));
        };
        self.page.click(Point::new(x, y)).await?;
        Ok(())
    }

    /// Presses what leads to another page, and waits until that is loaded.
    ///
    /// # Errors
    /// [`Fault`] when it cannot be pressed, or leads nowhere.
    pub async fn follow(&self, spot: Spot<'_>) -> Result<(), Fault> {
        // The next document does not have the mark.
        self.ask("window.countersignLeft = true").await?;
        self.press(spot).await?;
        let arrived = r"(() => {
            if (!window.countersignLeft) {
                return document.readyState === 'complete' ? {} : { why: 'still loading' };
            }
            const wrong = [...document.querySelectorAll('input:invalid, select:invalid, \
                textarea:invalid')].map(e => `${e.name}: ${e.validationMessage}`);
            return { why: `still on the same page. ${wrong.join('; ')}` };
        })()";
        self.until(&format!("to follow {spot:?}"), arrived).await?;
        Ok(())
    }

    /// Types into a field in place of what it held, or makes the choice of that value or label.
    ///
    /// # Errors
    /// [`Fault`] when the field never appears, or does not take it.
    pub async fn fill(&self, spot: Spot<'_>, value: &str) -> Result<(), Fault> {
        let what = format!("to fill {spot:?} with {value}");
        let done = self.until(&what, &spot.fill(value)).await?;
        if done.get("type").is_some() {
            self.page.execute(InsertTextParams::new(value)).await?;
            self.until(&what, &spot.holds(value)).await?;
        }
        Ok(())
    }

    /// Waits until something is at a spot.
    ///
    /// # Errors
    /// [`Fault`] when it never is.
    pub async fn wait_for(&self, spot: Spot<'_>) -> Result<(), Fault> {
        self.until(&format!("to see {spot:?}"), &spot.is_there()).await?;
        Ok(())
    }

    /// Waits until the page says something; how many spaces stand between words is all the same.
    ///
    /// # Errors
    /// [`Fault`] when it never does.
    pub async fn wait_for_text(&self, words: &str) -> Result<(), Fault> {
        let program = format!(
            "(() => document.body && document.body.innerText.replace(/\\s+/g, ' ')\
             .includes({}) ? {{}} : {{ why: 'it does not say so' }})()",
            json!(words.split_whitespace().collect::<Vec<_>>().join(" "))
        );
        self.until(&format!("to read \"{words}\""), &program).await?;
        Ok(())
    }

    /// Waits until a JavaScript expression is truthy.
    ///
    /// # Errors
    /// [`Fault`] when it never is.
    pub async fn wait_until(&self, expression: &str) -> Result<(), Fault> {
        let program =
            format!("(async () => (await ({expression})) ? {{}} : {{ why: 'it is not so' }})()");
        self.until(&format!("that {expression}"), &program).await?;
        Ok(())
    }

    /// What stands at a spot.
    ///
    /// # Errors
    /// [`Fault`] when nothing ever does.
    pub async fn read(&self, spot: Spot<'_>) -> Result<String, Fault> {
        let found = self.until(&format!("to read {spot:?}"), &spot.read()).await?;
        Ok(found.get("text").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Everything that can be read on the page.
    ///
    /// # Errors
    /// [`Fault`] when the page cannot be asked.
    pub async fn text(&self) -> Result<String, Fault> {
        let text = self.ask("document.body ? document.body.innerText : ''").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The address of the page.
    ///
    /// # Errors
    /// [`Fault`] when the page cannot be asked.
    pub async fn url(&self) -> Result<String, Fault> {
        Ok(self.ask("location.href").await?.as_str().unwrap_or_default().to_owned())
    }

    /// The value of a JavaScript expression, awaited if it is a promise.
    ///
    /// # Errors
    /// [`Fault`] when it throws, or the page goes away meanwhile.
    pub async fn ask(&self, expression: &str) -> Result<Value, Fault> {
        let mut question = EvaluateParams::new(expression);
        question.await_promise = Some(true);
        question.return_by_value = Some(true);
        let answer = self.page.execute(question).await?.result;
        if let Some(thrown) = answer.exception_details {
            let description = thrown.exception.and_then(|object| object.description);
            return Err(Fault::new(description.unwrap_or(thrown.text)));
        }
        Ok(answer.result.value.unwrap_or(Value::Null))
    }

    /// What the browser complained of since the last time: console errors and warnings, exceptions,
    /// failed loads, violations of the content security policy.
    ///
    /// # Errors
    /// [`Fault`] when the page cannot be asked.
    pub async fn complaints(&self) -> Result<Vec<String>, Fault> {
        self.complaints.take(&self.page).await
    }

    /// Demands that there was nothing to complain of.
    ///
    /// # Errors
    /// [`Fault`] with the complaints.
    pub async fn must_be_quiet(&self) -> Result<(), Fault> {
        let found = self.complaints().await?;
        if found.is_empty() {
            return Ok(());
        }
        Err(Fault::new(format!("the browser complains:\n  {}", found.join("\n  "))))
    }

    /// A passkey for this tab.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub async fn authenticator(&self) -> Result<Authenticator, Fault> {
        Authenticator::of(&self.page).await
    }

    /// Writes the whole page, from top to bottom, into a PNG file.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses, or the file cannot be written.
    pub async fn screenshot(&self, file: &Path) -> Result<(), Fault> {
        let size = self.page.execute(GetLayoutMetricsParams::default()).await?;
        let size = &size.result.css_content_size;
        let whole = Viewport { x: 0.0, y: 0.0, width: size.width, height: size.height, scale: 1.0 };
        let wish = ScreenshotParams::builder()
            .format(CaptureScreenshotFormat::Png)
            .clip(whole)
            .capture_beyond_viewport(true)
            .build();
        let picture = self.page.screenshot(wish).await?;
        std::fs::write(file, picture).map_err(while_(file.display()))
    }

    /// Asks until the answer is an object without `why`, and gives that.
    async fn until(&self, what: &str, program: &str) -> Result<Value, Fault> {
        let given_up = Instant::now().checked_add(self.patience);
        loop {
            // A page that is just being left cannot answer: that is a "not yet" like any other.
            let why = match self.ask(program).await {
                Ok(answer) => match answer.get("why") {
                    Some(why) => why.as_str().unwrap_or_default().to_owned(),
                    None if answer.is_object() => return Ok(answer),
                    None => format!("the page answered {answer}"),
                },
                Err(fault) => fault.to_string(),
            };
            if given_up.is_none_or(|moment| Instant::now() > moment) {
                return Err(self.failure(&format!("waited in vain {what}: {why}")).await);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// A failure that shows the page.
    async fn failure(&self, what: &str) -> Fault {
        let url = self.url().await.unwrap_or_else(|fault| fault.to_string());
        let text = self.text().await.unwrap_or_else(|fault| fault.to_string());
        let complaints = self.complaints().await.unwrap_or_default().join("\n  ");
        let text: String = text.chars().take(4000).collect();
        Fault::new(format!(
            "{what}\n--- at {url}\n{text}\n--- the browser's complaints\n  {complaints}\n---"
        ))
    }
}
