//! Versions to ask about, and the solver.

use countersign::pack::{FoundingPolicies, Pack, PackVersion};
use countersign::solver::Cvc5;
use countersign_core::policy::{
    Compiled, PolicyBundle, Proofs, Property, Proving, Solver, World, prove,
};
use countersign_core::stock::Item;
use countersign_proof::words::{ItemId, Moment, PartyId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// The shipped pack.
pub(crate) fn pack() -> Pack {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025");
    Pack::load(&dir).unwrap()
}

/// The solver; the tests cannot do without. It may take its time on a busy machine.
pub(crate) fn cvc5() -> Cvc5 {
    let found = Cvc5::find(Duration::from_secs(120)).unwrap();
    found.unwrap_or_else(|| panic!("cvc5 is missing: `cargo xtask test` installs it"))
}

/// A version with what it is asked about in.
pub(crate) struct Version {
    pub(crate) bundle: PolicyBundle,
    pub(crate) world: World,
    pub(crate) items: BTreeMap<ItemId, Item>,
    pub(crate) holders: BTreeSet<PartyId>,
    pub(crate) from: Moment,
}

impl Version {
    /// A version of the shipped pack.
    pub(crate) fn shipped(pack: &Pack, version: &PackVersion) -> Self {
        let charter = pack.charter(&BTreeMap::new(), Moment::LAST, FoundingPolicies::All);
        Self {
            bundle: version.policy.bundle.clone(),
            world: charter.world(),
            items: charter.items.iter().map(|item| (item.id.clone(), item.clone())).collect(),
            holders: BTreeSet::from(["UA".parse().unwrap()]),
            from: version.policy.in_force_from,
        }
    }

    /// v4 of the shipped pack with other policies.
    pub(crate) fn with(policies: &str) -> Self {
        let pack = pack();
        let mut version = Self::shipped(&pack, pack.version(&"v4".parse().unwrap()).unwrap());
        version.bundle.policies = [("all.cedar".to_owned(), policies.to_owned())].into();
        version.bundle.properties = BTreeMap::new();
        version
    }

    pub(crate) fn compiled(&self) -> Compiled {
        let compiled = Compiled::compile(&self.bundle, &self.world, true);
        compiled.unwrap_or_else(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", told.join("\n"))
        })
    }

    pub(crate) fn prove(&self, solver: &mut dyn Solver) -> (Compiled, Proofs) {
        let compiled = self.compiled();
        let properties = Property::all(&self.bundle, &self.world, true).unwrap();
        let proofs = prove(&compiled, &properties, &mut proving(self, Some(solver)));
        (compiled, proofs)
    }
}

/// What proofs of a version are made with.
pub(crate) fn proving<'a>(version: &'a Version, solver: Option<&'a mut dyn Solver>) -> Proving<'a> {
    Proving {
        solver,
        items: &version.items,
        holders: &version.holders,
        from: version.from,
        progress: Box::leak(Box::new(|_: usize, _: usize| ())),
    }
}
