namespace Quickstart;

/// <summary>
/// The few numbers that rule monitoring and retraining. The day of the week rules ridership, so windows are whole weeks and an error alarm
/// must stand for one; the rest are the packages' defaults. docs/decisions/0001-quickstart-policy.md says what else was tried.
/// </summary>
public static class RetrainPolicy
{
    /// <summary>Labelled days that are kept from training and on which candidate and champion are compared; also the error window.</summary>
    public const int HoldOutDays = 28;

    /// <summary>Labelled days that a model is trained on: two years.</summary>
    public const int TrainingDays = 730;

    /// <summary>Newest training days whose cross-validated errors become the version's error baseline: one year.</summary>
    public const int BaselineDays = 365;

    /// <summary>Days of one window of inputs: a quarter in whole weeks.</summary>
    public const int InputWindowDays = 91;

    /// <summary>Days that the error must stay too high before an alarm, and normal before it ends.</summary>
    public const int ErrorConfirmationDays = 7;

    /// <summary>
    /// Chance of promoting a candidate that is no better, were the days independent. On 28 days that follow each other it is larger: 8.5 % at an
    /// autocorrelation of 0.3, 13.6 % at 0.6 (simulated in the tests; a plain t-test has 11.5 % and 20.8 %).
    /// </summary>
    public const double GateLevel = 0.05;

    /// <summary>Days from one retraining of the blind line to the next.</summary>
    public const int BlindIntervalDays = 91;
}
