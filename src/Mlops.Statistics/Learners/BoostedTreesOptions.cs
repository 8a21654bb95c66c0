namespace Mlops.Statistics;

/// <summary>Settings of <see cref="BoostedTrees"/>; the defaults suit some hundred to some hundred thousand rows.</summary>
public sealed record BoostedTreesOptions
{
    /// <summary>The defaults.</summary>
    public static BoostedTreesOptions Default { get; } = new();

    /// <summary>Trees at most, 1 to 10 000; 100 by default. Fewer are grown once no split is worth anything.</summary>
    public int Rounds
    {
        get;
        init => field = Within(value, 1, 10_000, nameof(value));
    } = 100;

    /// <summary>Splits between the root and a leaf, 1 to 8; 3 by default. So many columns can act together.</summary>
    public int Depth
    {
        get;
        init => field = Within(value, 1, 8, nameof(value));
    } = 3;

    /// <summary>Share of its step that each tree takes, above 0 to 1; 0.1 by default.</summary>
    public double LearningRate
    {
        get;
        init => field = value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A learning rate above 0 to 1 is needed.");
    } = 0.1;

    /// <summary>Rows that every leaf has at least, from 1; 20 by default.</summary>
    public int MinimumLeafRows
    {
        get;
        init => field = Within(value, 1, int.MaxValue, nameof(value));
    } = 20;

    /// <summary>Bins per column between which splits are sought, 2 to 250; 64 by default.</summary>
    public int Bins
    {
        get;
        init => field = Within(value, 2, 250, nameof(value));
    } = 64;

    /// <summary>Squared penalty on the values of leaves, as if each had so many rows more that ask for no change (by probabilities: so much curvature more); at least 0, 1 by default.</summary>
    public double Penalty
    {
        get;
        init => field = value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A finite penalty of at least 0 is needed.");
    } = 1;

    private static int Within(int value, int lowest, int highest, string name) => value >= lowest && value <= highest
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{lowest} to {highest} are needed.");
}
