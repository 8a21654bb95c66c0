namespace Mlops.Tuning.Tests;

/// <summary>Trials as they would have been stored.</summary>
internal static class TrialRecords
{
    public static TrialRecord Completed(int number, double[] values, params KeyValuePair<string, ParameterValue>[] parameters) => new()
    {
        Study = "s",
        Key = TuningStore.Key(1, number),
        Number = number,
        State = TrialState.Completed,
        Attempt = 1,
        Values = values,
        Parameters = new OrderedDictionary<string, ParameterValue>(parameters, StringComparer.Ordinal),
        Constraints = new Dictionary<string, double>(StringComparer.Ordinal),
        Started = DateTimeOffset.UnixEpoch.AddSeconds(number),
        Finished = DateTimeOffset.UnixEpoch.AddSeconds(number + 1),
    };
}
