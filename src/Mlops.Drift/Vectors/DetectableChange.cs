using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// What change of rows each test finds with probability 0.8, and what may be said of it. A change along one direction among many can be much larger and yet be missed, so none is promised.
/// </summary>
internal static class DetectableChange
{
    // How many rows these tests need for each row of a rank test of one column, measured where columns say least: when all of them are one. Shifts of columns that differ are found with fewer.
    private const double DiscrepancyRows = 2.5;
    private const double SlicedRows = 1.6;

    /// <summary>As an area under the curve: of each column, of held-out rows' scores, or of their errors. Null without rows.</summary>
    public static double? Area(VectorTest test, int n, int m, double alpha)
    {
        if (n == 0 || m == 0)
            return null;

        // Half of the rows of both, or of the reference, only teach.
        int heldOut = n - (n / 2);
        return test switch
        {
            VectorTest.ClassifierTwoSample => MinimumDetectable.Area(heldOut, m - (m / 2), alpha),
            VectorTest.ReconstructionError => NormalDistribution.Cumulative(Math.Sqrt(2) * NormalDistribution.Quantile(0.5 * (1 + MinimumDetectable.Distance(heldOut, m, alpha)))),
            VectorTest.MaximumMeanDiscrepancy => Widened(MinimumDetectable.Area(n, m, alpha)!.Value, DiscrepancyRows),
            _ => Widened(MinimumDetectable.Area(n, m, alpha)!.Value, SlicedRows),
        };
    }

    /// <summary>The change of that area, in words.</summary>
    public static string Words(VectorTest test, double area)
    {
        // The shift of a normal column that has the area.
        double shift = Math.Sqrt(2) * NormalDistribution.Quantile(area);
        return test switch
        {
            VectorTest.ClassifierTwoSample => $"an area of {Text(area)} on the rows that did not teach the classifier",
            VectorTest.ReconstructionError => $"a KS distance of {Text((2 * NormalDistribution.Cumulative(0.5 * shift)) - 1)} between the errors",
            _ => $"a shift of every column by {Text(shift)} deviations",
        };
    }

    private static double Widened(double area, double rows) => Math.Min(1, 0.5 + ((area - 0.5) * Math.Sqrt(rows)));

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
