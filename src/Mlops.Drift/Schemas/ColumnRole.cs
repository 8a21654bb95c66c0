namespace Mlops.Drift;

/// <summary>What a column means to the model.</summary>
public enum ColumnRole
{
    /// <summary>An input.</summary>
    Feature = 0,

    /// <summary>The model's output.</summary>
    Prediction = 1,

    /// <summary>A property that divides the rows into groups.</summary>
    Segment = 2,
}
