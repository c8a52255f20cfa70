//! Tables made from records made by hand.

mod escapes;
mod failures;
mod formats;
mod laws;
mod make;
mod numbers;
mod rules;
