namespace Mlops.Orchestration;

/// <summary>What came of a check. The numbers are stored.</summary>
public enum CheckOutcome
{
    /// <summary>It passed.</summary>
    Passed = 0,

    /// <summary>It did not pass, and the result was taken all the same.</summary>
    Warned = 1,

    /// <summary>It did not pass, and the step failed.</summary>
    Blocked = 2,
}
