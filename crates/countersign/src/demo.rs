//! stub
#[derive(Debug, clap::Args)]
pub struct DemoArgs {}
pub(crate) fn run(_a: &DemoArgs, _o: &mut crate::cli::Output) -> Result<(), crate::cli::Failure> { Ok(()) }
