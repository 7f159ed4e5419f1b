//! Which browser, and how large and how bright is the window?

use crate::complaints::Complaints;
use crate::fault::{Fault, while_};
use crate::provided::on_path;
use crate::tab::Tab;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
    SetFocusEmulationEnabledParams, SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::target::{
    CreateBrowserContextParams, CreateTargetParams,
};
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The colours that a visitor prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// The word CSS has for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a visitor looks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// The colours asked for.
    pub scheme: Scheme,
}

impl View {
    /// A desk's screen.
    pub const DESK: Self = Self { width: 1280, height: 900, scheme: Scheme::Light };
    /// The same at night.
    pub const NIGHT: Self = Self { width: 1280, height: 900, scheme: Scheme::Dark };
    /// A phone, held upright.
    pub const PHONE: Self = Self { width: 390, height: 844, scheme: Scheme::Light };

    /// Makes a page be seen like this from now on.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub(crate) async fn apply(self, page: &Page) -> Result<(), Fault> {
        // Set outright: left to itself, headless Chromium came up with different widths.
        page.execute(SetDeviceMetricsOverrideParams::new(self.width, self.height, 1.0, false))
            .await?;
        page.execute(SetTouchEmulationEnabledParams::new(false)).await?;
        // Every tab acts as the one in front, or only one of several persons could sign.
        page.execute(SetFocusEmulationEnabledParams::new(true)).await?;
        let features = vec![
            MediaFeature::new("prefers-color-scheme", self.scheme.word()),
            // What moves would be caught in the middle of it.
            MediaFeature::new("prefers-reduced-motion", "reduce"),
        ];
        page.execute(SetEmulatedMediaParams::builder().features(features).build()).await?;
        Ok(())
    }
}

/// One running Chromium, with a profile of its own that goes when it goes.
pub struct Chromium {
    browser: Browser,
    listening: JoinHandle<()>,
    profile: TempDir,
}

impl Chromium {
    /// Starts it.
    ///
    /// # Errors
    /// [`Fault`] when there is no Chromium, with the remedy, or when it does not start.
    pub async fn launch() -> Result<Self, Fault> {
        let executable = executable()?;
        let profile = tempfile::tempdir().map_err(while_("no folder for a browser profile"))?;
        let config = BrowserConfig::builder()
            .chrome_executable(&executable)
            .user_data_dir(profile.path())
            // Only our own pages are opened, and a container has no user namespace to give.
            .no_sandbox()
            .disable_https_first()
            .args(["disable-gpu", "disable-quic", "disable-component-update"])
            .build()
            .map_err(while_("Chromium's configuration"))?;
        let (browser, mut handler) = Browser::launch(config)
            .await
            .map_err(|error| Fault::from(error).during(executable.display()))?;
        // What it does not understand it reports and goes on; only the end ends it.
        let listening = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Ok(Self { browser, listening, profile })
    }

    /// A tab of a new visitor: nobody else's cookies, nobody else's passkeys.
    ///
    /// # Errors
    /// [`Fault`] when Chromium refuses.
    pub async fn visitor(&self, view: View) -> Result<Tab, Fault> {
        let own = CreateBrowserContextParams::default();
        let own = self.browser.create_browser_context(own).await?;
        let blank = CreateTargetParams::builder().url("about:blank").browser_context_id(own);
        let blank = blank.build().map_err(while_("a new tab"))?;
        let page = self.browser.new_page(blank).await?;
        view.apply(&page).await?;
        let complaints = Complaints::of(&page).await?;
        Ok(Tab::new(page, complaints))
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// [`Fault`] when it does not end, or its profile cannot be removed.
    pub async fn close(mut self) -> Result<(), Fault> {
        self.browser.close().await?;
        self.browser.wait().await.map_err(while_("Chromium did not end"))?;
        self.listening.abort();
        drop(self.profile);
        Ok(())
    }
}

/// The program itself. Debian's `/usr/bin/chromium` is a script around it that adds flags.
fn executable() -> Result<PathBuf, Fault> {
    if let Some(named) = std::env::var_os("COUNTERSIGN_CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let debian = PathBuf::from("/usr/lib/chromium/chromium");
    if debian.is_file() {
        return Ok(debian);
    }
    ["chromium", "chromium-browser", "google-chrome", "chrome"]
        .into_iter()
        .find_map(on_path)
        .ok_or_else(|| {
            Fault::new(
                "there is no Chromium: install it (Debian: chromium), or name the program in \
                 COUNTERSIGN_CHROMIUM",
            )
        })
}
