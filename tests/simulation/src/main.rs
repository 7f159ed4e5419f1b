//! Runs the simulation from a seed, ledger after ledger, until so many hours have passed.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    reason = "a program for a terminal"
)]

use countersign_simulation::{Planted, Settings, run};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

/// How many hours one ledger lives.
const LIFE: u64 = 100;

const USAGE: &str = "\
--seed N --hours H [--planted BUG] [--loses]

Each ledger lives 100 hours; the next one has the next seed.";

struct Wish {
    seed: u64,
    hours: u64,
    planted: Planted,
    loses: bool,
}

fn wish() -> Result<Wish, String> {
    let mut wish = Wish { seed: 1, hours: LIFE, planted: Planted::Nothing, loses: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match argument.as_str() {
            "--seed" => wish.seed = number(value()?)?,
            "--hours" => wish.hours = number(value()?)?,
            "--planted" => wish.planted = value()?.parse()?,
            "--loses" => wish.loses = true,
            _ => return Err(format!("unknown argument {argument}")),
        }
    }
    Ok(wish)
}

/// Processor seconds this process has used, where the system tells (proc(5), fields 14 and 15).
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn main() -> ExitCode {
    let wish = match wish() {
        Ok(wish) => wish,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let (mut counts, mut steps, mut entries, mut told) = (BTreeMap::new(), 0, 0, 0);
    let (mut seed, mut passed) = (wish.seed, 0);
    while passed < wish.hours {
        let hours = LIFE.min(wish.hours - passed);
        let Wish { planted, loses, .. } = wish;
        match run(Settings { seed, hours, planted, loses }) {
            Ok(done) => {
                steps += done.steps;
                entries += done.entries;
                told += done.acknowledged;
                for (what, count) in done.counts {
                    *counts.entry(what).or_insert(0) += count;
                }
            }
            Err(failure) => {
                eprintln!("{failure}\n\nTo see it again: --seed {seed} --hours {hours}");
                return ExitCode::FAILURE;
            }
        }
        passed += hours;
        seed += 1;
    }
    for (what, count) in &counts {
        println!("{count:>10}  {what}");
    }
    let wall = started.elapsed().as_secs_f64();
    let cpu = cpu().map_or_else(String::new, |cpu| format!(", {cpu:.0} s of processor time"));
    println!("{passed} hours in {steps} steps; {entries} entries, {told} answers acknowledged");
    println!("seeds {}..{seed}; {wall:.0} s{cpu}; nothing was found", wish.seed);
    ExitCode::SUCCESS
}
