//! The roofline as SVG: what a byte allows, what is reached.

use crate::kernels::{Kernels, Row};
use crate::variant::Variant;
use plotters::prelude::*;

/// A plot of the rows of `fused` in one dtype: FLOP per byte to the right, GFLOP/s upwards, both as powers; a roof for
/// each size, whose slope is the bandwidth of a copy.
///
/// # Errors
/// A sentence, if nothing was measured.
pub fn roofline(it: &Kernels, dtype: &str) -> Result<String, String> {
    let fused: Vec<&Row> = it.rows.iter().filter(|row| row.variant == Variant::Fused && row.dtype == dtype).collect();
    let intensity = |row: &Row| row.flop_per_element / row.bytes_per_element;
    let points: Vec<(f64, f64, usize, String)> = fused
        .iter()
        .filter_map(|row| {
            let name = format!("{} ({})", row.family, row.parameters);
            Some((intensity(row), row.flop_per_element / row.ns_per_element?, row.n.next_power_of_two(), name))
        })
        .collect();
    if points.is_empty() {
        return Err(format!("no times of `fused` in {dtype}"));
    }
    let mut sizes: Vec<usize> = points.iter().map(|p| p.2).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let bandwidth = |n: usize| {
        let copies = it.rows.iter().filter(|r| r.variant == Variant::Memcpy && r.dtype == dtype);
        let best = copies.filter(|r| r.n.next_power_of_two() == n).filter_map(Row::gb_per_second);
        best.fold(0.0, f64::max)
    };
    let peak = it.header.peak_gflops;
    let (left, right) = (0.1, points.iter().map(|p| p.0).fold(10.0, f64::max) * 2.0);
    let low = points.iter().map(|p| p.1).fold(1.0, f64::min) / 2.0;
    let mut svg = String::new();
    draw(&mut svg, it, (left, right, low, peak), &sizes, &bandwidth, &points).map_err(|e| e.to_string())?;
    Ok(svg)
}

const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

fn draw(
    svg: &mut String,
    it: &Kernels,
    (left, right, low, peak): (f64, f64, f64, f64),
    sizes: &[usize],
    bandwidth: &dyn Fn(usize) -> f64,
    points: &[(f64, f64, usize, String)],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, (900, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{}, {}: FLOP counted on the tape", it.header.cpu, it.header.isa);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((left..right).log_scale(), (low..peak * 2.0).log_scale())?;
    chart.configure_mesh().x_desc("FLOP per byte").y_desc("GFLOP/s").light_line_style(WHITE).draw()?;
    for (k, &n) in sizes.iter().enumerate() {
        let (colour, copy) = (COLOURS[k % COLOURS.len()], bandwidth(n));
        let ridge = (peak / copy).clamp(left, right);
        let roof = [(left, left * copy), (ridge, (ridge * copy).min(peak)), (right, (right * copy).min(peak))];
        chart
            .draw_series(LineSeries::new(roof, colour))?
            .label(format!("{n} elements: {copy:.0} GB/s"))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        chart.draw_series(points.iter().filter(|p| p.2 == n).map(|p| Circle::new((p.0, p.1), 4, colour.filled())))?;
    }
    let first = sizes.first().copied();
    let names = points.iter().filter(|p| Some(p.2) == first);
    chart.draw_series(names.map(|p| Text::new(p.3.clone(), (p.0 * 1.03, p.1 * 1.08), ("sans-serif", 11))))?;
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
