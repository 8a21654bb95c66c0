namespace Mlops.Drift;

/// <summary>What an alert is about.</summary>
public enum AlertKind
{
    /// <summary>The data has moved away from the reference.</summary>
    Data = 0,

    /// <summary>The model's error has grown beyond its baseline.</summary>
    Error = 1,

    /// <summary>The detector that watches the errors one by one has found a change.</summary>
    ErrorChange = 2,

    /// <summary>Groups are proven to be treated differently, beyond the floor.</summary>
    GroupGap = 3,

    /// <summary>No labels yet, but the predictions are estimated to lose more than those of the reference.</summary>
    EstimatedError = 4,
}
