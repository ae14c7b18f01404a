//! The event trigger that refuses what the check calls danger.
