using MathNet.Numerics.Distributions;

namespace Quickstart;

/// <summary>What the gate saw and decided.</summary>
/// <param name="Improvement">Mean of champion's minus candidate's absolute error; positive favours the candidate.</param>
/// <param name="PValue">Probability of at least this improvement were both models equally good.</param>
public sealed record GateVerdict(double ChampionError, double CandidateError, double Improvement, double PValue, bool Promote);

/// <summary>
/// One-sided paired test on the daily absolute errors of champion and candidate over the same days, which neither was trained on:
/// Diebold and Mariano (1995) with the long-run variance of the daily differences and Student's t with n - 1 degrees of freedom.
/// </summary>
public sealed record PromotionGate
{
    /// <summary>The chance of promoting a candidate that is no better; in (0, 1).</summary>
    public double SignificanceLevel { get; init; } = 0.05;

    /// <param name="champion">Absolute errors in time order, at least two.</param>
    /// <param name="candidate">Absolute errors of the same days.</param>
    public GateVerdict Judge(ReadOnlySpan<double> champion, ReadOnlySpan<double> candidate)
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
        double p = improvement <= 0 && error == 0 ? 1 : error == 0 ? 0 : StudentT.CDF(0, 1, n - 1, -improvement / error);
        return new GateVerdict(championMean, candidateMean, improvement, p, improvement > 0 && p < SignificanceLevel);
    }
}
