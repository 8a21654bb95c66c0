namespace Mlops.Tuning;

/// <summary>The constants of the covariance matrix adaptation: Hansen, The CMA evolution strategy: a tutorial (arXiv 1604.00772), table 1.</summary>
internal sealed class CmaEsConstants
{
    public CmaEsConstants(int dimensions, int population, bool separable)
    {
        double d = dimensions;
        Population = population;
        Parents = population / 2;
        double[] raw = [.. Enumerable.Range(1, population).Select(rank => Math.Log((population + 1) / 2.0) - Math.Log(rank))];
        Effective = Mass(raw[..Parents]);
        double effectiveLosers = Mass(raw[Parents..]);

        // Ros and Hansen (2008): a diagonal has fewer entries to learn, so it learns faster.
        double faster = separable ? (d + 2) / 3 : 1;
        RankOne = Math.Min(1, faster * 2 / (Square(d + 1.3) + Effective));
        RankMany = Math.Min(1 - RankOne - 1e-8, faster * 2 * (Effective - 2 + (1 / Effective)) / (Square(d + 2) + Effective));
        double losers = Math.Min(
            1 + (RankOne / RankMany), Math.Min(1 + (2 * effectiveLosers / (Effective + 2)), (1 - RankOne - RankMany) / (d * RankMany)));
        double positive = raw.Where(static w => w > 0).Sum();
        double negative = -raw.Where(static w => w < 0).Sum();
        Weights = Array.ConvertAll(raw, w => w >= 0 ? w / positive : losers * w / negative);
        PathOfDeviation = (Effective + 2) / (d + Effective + 5);
        Damping = 1 + (2 * Math.Max(0, Math.Sqrt((Effective - 1) / (d + 1)) - 1)) + PathOfDeviation;
        PathOfCovariance = (4 + (Effective / d)) / (d + 4 + (2 * Effective / d));
        ExpectedLength = Math.Sqrt(d) * (1 - (1 / (4 * d)) + (1 / (21 * d * d)));
    }

    /// <summary>How many samples make a generation.</summary>
    public int Population { get; }

    /// <summary>How many of them, the best, move the mean.</summary>
    public int Parents { get; }

    /// <summary>One per rank; those of the parents sum to 1, the others are 0 or negative.</summary>
    public double[] Weights { get; }

    /// <summary>The parents' variance-effective number.</summary>
    public double Effective { get; }

    /// <summary>The learning rate of the rank-one update.</summary>
    public double RankOne { get; }

    /// <summary>The learning rate of the rank-mu update.</summary>
    public double RankMany { get; }

    public double PathOfDeviation { get; }

    public double PathOfCovariance { get; }

    public double Damping { get; }

    /// <summary>E|N(0, I)|, approximated.</summary>
    public double ExpectedLength { get; }

    /// <summary>The usual number of samples for so many dimensions.</summary>
    public static int DefaultPopulation(int dimensions) => 4 + (int)Math.Floor(3 * Math.Log(dimensions));

    private static double Mass(double[] weights) => weights.Length == 0 ? 0 : Square(weights.Sum()) / weights.Sum(Square);

    private static double Square(double x) => x * x;
}
