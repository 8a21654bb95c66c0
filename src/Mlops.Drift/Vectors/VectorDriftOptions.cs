namespace Mlops.Drift;

/// <summary>How rows are compared as wholes. The defaults suit embeddings and tables.</summary>
public sealed class VectorDriftOptions
{
    /// <summary>The test; default <see cref="VectorTest.MaximumMeanDiscrepancy"/>.</summary>
    public VectorTest Test { get; set; } = VectorTest.MaximumMeanDiscrepancy;

    /// <summary>The level of significance, strictly between 0 and 1; default 0.05.</summary>
    public double Alpha { get; set; } = 0.05;

    /// <summary>The smallest effect that counts, in the unit stated at <see cref="VectorTest"/>; null (default) for the test's own.</summary>
    public double? EffectFloor { get; set; }

    /// <summary>
    /// Rows compared of each sample, 20 to 2 048; default 2 000. Of more, those whose number hashes lowest are taken. The default test of 2 000 rows of 768 columns takes two seconds, the others less than one.
    /// </summary>
    public int MaximumRows { get; set; } = 2_000;

    /// <summary>
    /// The difference that must be detectable with probability 0.8 before "no drift" is said, as an area: the probability that a current row lies beyond a reference row. Above 0.5 and below 1, default 0.6.
    /// <see cref="VectorTest.MaximumMeanDiscrepancy"/> and <see cref="VectorTest.SlicedWasserstein"/>: of every column, a shift of 0.36 deviations each; some 260 and 170 rows a side.
    /// <see cref="VectorTest.ClassifierTwoSample"/>: the area that the classifier reaches on rows it was not taught on, which with many columns and few rows is less than the rows would allow; some 210 rows a side.
    /// <see cref="VectorTest.ReconstructionError"/>: of the errors, a distance of 0.14; some 470 rows a side.
    /// </summary>
    public double MaterialArea { get; set; } = 0.6;

    /// <summary>Relabellings of the tests that relabel, 19 to 99 999; default 999. The smallest p-value is 1 / (this + 1).</summary>
    public int Permutations { get; set; } = 999;

    /// <summary>Random directions of <see cref="VectorTest.SlicedWasserstein"/>, 1 to 4 096; default 64.</summary>
    public int Directions { get; set; } = 64;

    /// <summary>The share of variance that the components of <see cref="VectorTest.ReconstructionError"/> hold, strictly between 0 and 1; default 0.65.</summary>
    public double VarianceShare { get; set; } = 0.65;

    /// <summary>Seed of all that is drawn; equal data under an equal seed give an equal result. Default 1.</summary>
    public long Seed { get; set; } = 1;

    internal double Floor => EffectFloor ?? Test switch
    {
        VectorTest.ClassifierTwoSample => 0.52,
        VectorTest.MaximumMeanDiscrepancy => 0.001,
        VectorTest.SlicedWasserstein => 0.04,
        _ => 0.05,
    };

    internal void Validate()
    {
        Require.Defined(Test, nameof(Test));
        Require.Level(Alpha, 1, nameof(Alpha));
        if (EffectFloor is { } floor)
            Require.NotNegative(floor, nameof(EffectFloor));
        Require.InRange(MaximumRows, 20, 2_048, nameof(MaximumRows));
        Require.Area(MaterialArea, nameof(MaterialArea));
        Require.InRange(Permutations, 19, 99_999, nameof(Permutations));
        Require.InRange(Directions, 1, 4_096, nameof(Directions));
        Require.Level(VarianceShare, 1, nameof(VarianceShare));
    }
}
