using MathNet.Numerics.Distributions;

namespace Quickstart;

/// <summary>
/// One-sided paired test on the daily absolute errors of champion and candidate over the same days, which neither was trained on:
/// Diebold and Mariano (1995) with the long-run variance of the daily differences and Student's t with n - 1 degrees of freedom.
/// </summary>
public static class PairedErrorTest
{
    /// <param name="champion">Absolute errors in time order, at least two.</param>
    /// <param name="candidate">Absolute errors of the same days.</param>
    public static PairedVerdict Compare(ReadOnlySpan<double> champion, ReadOnlySpan<double> candidate)
    {
        if (champion.Length != candidate.Length)
            throw new ArgumentException($"Errors are paired by day: {champion.Length} of the champion, {candidate.Length} of the candidate.", nameof(candidate));
        int n = champion.Length;
        double[] gain = new double[n];
        double championMean = 0, candidateMean = 0;
        for (int i = 0; i < n; i++)
        {
            gain[i] = champion[i] - candidate[i];
            championMean += champion[i] / n;
            candidateMean += candidate[i] / n;
        }

        double improvement = championMean - candidateMean;
        double error = Math.Sqrt(LongRunVariance.Of(gain) / n);
        double p = error > 0 ? StudentT.CDF(0, 1, n - 1, -improvement / error) : improvement > 0 ? 0 : 1;
        return new PairedVerdict(championMean, candidateMean, p);
    }
}
