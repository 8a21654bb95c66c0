namespace Mlops.Statistics;

/// <summary>Settings of the tests that have several ways to a p-value; the defaults suit almost every use.</summary>
public record TwoSampleTestOptions : RelabellingOptions
{
    /// <summary>The defaults.</summary>
    public static TwoSampleTestOptions Default { get; } = new();

    /// <summary>Which way to the p-value; <see cref="PValueMethod.Auto"/> by default.</summary>
    public PValueMethod Method
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Auto, Asymptotic or Permutation is needed.");
    }
}
