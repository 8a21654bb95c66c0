namespace Mlops.Tuning;

/// <summary>A completed trial that has all parameters of a group.</summary>
/// <param name="Point">Its place: units of axes, or a choice.</param>
/// <param name="Values">What it found, to be minimised, one value per objective.</param>
/// <param name="Violation">By how much it misses its constraints, 0 when it satisfies them.</param>
/// <param name="LargestConstraint">The constraint closest to being missed; NaN without any.</param>
internal sealed record GaussianProcessRow(double[] Point, double[] Values, double Violation, double LargestConstraint);
