using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Steps that stand for all the steps of several runs.</summary>
internal static class SampledSteps
{
    /// <summary>
    /// Evenly spread over all steps that any of the runs has, at most so many, the last one always; and besides, the first and the
    /// last step of every run.
    /// </summary>
    public static HashSet<long> Of(IReadOnlyList<List<MetricPoint>> runs, int maximum)
    {
        long[] all = [.. runs.SelectMany(static points => points).Select(static point => point.Step).Distinct().Order()];
        if (all.Length <= maximum)
        {
            return [.. all];
        }

        HashSet<long> sampled = [all[^1]];
        for (int i = 0; i < maximum; i++)
        {
            sampled.Add(all[(int)((long)i * all.Length / maximum)]);
        }

        foreach (List<MetricPoint> points in runs.Where(static points => points.Count > 0))
        {
            sampled.Add(points.Min(static point => point.Step));
            sampled.Add(points.Max(static point => point.Step));
        }

        return sampled;
    }
}
