namespace Quickstart;

/// <summary>What the comparison of two models on the same days found.</summary>
/// <param name="ChampionError">Mean absolute error of the served model, in thousands of entries.</param>
/// <param name="CandidateError">Mean absolute error of the candidate.</param>
/// <param name="PValue">Probability of at least this improvement were both models equally good.</param>
public sealed record PairedVerdict(double ChampionError, double CandidateError, double PValue)
{
    /// <summary>Mean of champion's minus candidate's absolute error; positive favours the candidate.</summary>
    public double Improvement => ChampionError - CandidateError;

    public bool CandidateIsBetter(double significanceLevel) => Improvement > 0 && PValue < significanceLevel;
}
