namespace Mlops.Tuning;

/// <summary>What is modelled of the constraints, below 0 where they are satisfied.</summary>
internal sealed class FeasibilityLimits
{
    private readonly List<double> _known = [];

    /// <summary>
    /// The constraint closest to being missed, in units of what is usual, so that 0 stays the border; bent at both ends, where only the side matters.
    /// A trial without constraints is as far inside as any, a failed one as far outside.
    /// </summary>
    /// <param name="rows">The completed trials.</param>
    /// <param name="limits">Receives one number per completed trial, and after them one per failed trial.</param>
    public void Of(IReadOnlyList<GaussianProcessRow> rows, Span<double> limits)
    {
        _known.Clear();
        for (int i = 0; i < rows.Count; i++)
        {
            if (!double.IsNaN(rows[i].LargestConstraint))
            {
                _known.Add(Math.Abs(rows[i].LargestConstraint));
            }
        }

        _known.Sort();
        double usual = _known.Count > 0 && _known[_known.Count / 2] > 0 ? _known[_known.Count / 2] : 1;
        double inside = -1;
        double outside = 1;
        for (int i = 0; i < rows.Count; i++)
        {
            limits[i] = Math.Asinh(rows[i].LargestConstraint / usual);
            if (!double.IsNaN(limits[i]))
            {
                (inside, outside) = (Math.Min(inside, limits[i]), Math.Max(outside, limits[i]));
            }
        }

        foreach (ref double limit in limits[..rows.Count])
        {
            limit = double.IsNaN(limit) ? inside : limit;
        }

        limits[rows.Count..].Fill(outside);
    }
}
