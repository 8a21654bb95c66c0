using System.Data.Common;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// Reads rows of trials. One that is damaged, or was changed by hand into something that cannot be, is a failed trial that says so: it ends neither a search
/// nor a listing.
/// </summary>
internal static class StoredRow
{
    // The columns of ReadTrial and of ReadHistory, in their order. A macro would be shorter; constants keep the statements prepared by reference.
    public const string TrialColumns =
        "number, state, attempt, value, further_values, parameters, reason, last_step, last_report, started, finished, finish_sequence, constraints, watermark";

    public const string HistoryColumns = "number, state, value, further_values, last_step, last_report, parameters, violation, constraints";

    private const string Damaged = "What is stored of it is damaged and cannot be read.";

    public static TrialRecord ReadTrial(DbDataReader row, StudyRow study)
    {
        int number = (int)row.GetInt64(0);
        try
        {
            TrialState state = StateOf(row.GetInt64(1));
            return new TrialRecord
            {
                Study = study.Name,
                Key = TuningStore.Key(study.Id, number),
                Number = number,
                State = row.GetInt64(2) == 0 ? TrialState.Waiting : state,
                Attempt = (int)row.GetInt64(2),
                Values = ValuesOf(row, 3, state, study.Directions.Count),
                Parameters = new OrderedDictionary<string, ParameterValue>(ParameterJson.Read(row.GetString(5)), StringComparer.Ordinal),
                Reason = row.IsDBNull(6) ? null : row.GetString(6),
                LastReport = ReportOf(row, 7),
                Started = UnixMicroseconds.ToTime(row.GetInt64(9)),
                Finished = row.IsDBNull(10) ? null : UnixMicroseconds.ToTime(row.GetInt64(10)),
                Constraints = ConstraintValues.Read(row.IsDBNull(12) ? null : row.GetString(12)),
                FinishSequence = row.IsDBNull(11) ? 0 : row.GetInt64(11),
                Watermark = row.GetInt64(13),
            };
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return new TrialRecord
            {
                Study = study.Name,
                Key = TuningStore.Key(study.Id, number),
                Number = number,
                State = TrialState.Failed,
                Attempt = (int)row.GetInt64(2),
                Values = [],
                Parameters = new OrderedDictionary<string, ParameterValue>(StringComparer.Ordinal),
                Constraints = new OrderedDictionary<string, double>(StringComparer.Ordinal),
                Reason = Damaged,
                Started = TimeOf(row, 9) ?? DateTimeOffset.UnixEpoch,
                Finished = TimeOf(row, 10) ?? TimeOf(row, 9) ?? DateTimeOffset.UnixEpoch,
                FinishSequence = row.IsDBNull(11) ? 0 : row.GetInt64(11),
                Watermark = row.GetInt64(13),
            };
        }
    }

    /// <param name="row">The columns, then the place in the order that is followed, from 1.</param>
    /// <param name="objectives">How many values a completed trial has.</param>
    public static HistoryRow ReadHistory(DbDataReader row, int objectives)
    {
        int number = (int)row.GetInt64(0);
        long place = row.GetInt64(9);
        try
        {
            TrialState state = StateOf(row.GetInt64(1));
            return new HistoryRow(
                number,
                state,
                ValuesOf(row, 2, state, objectives),
                ReportOf(row, 4),
                ParameterJson.Read(row.GetString(6)),
                row.IsDBNull(7) ? 0 : row.GetDouble(7),
                row.IsDBNull(8) ? double.NaN : ConstraintValues.Read(row.GetString(8)).Values.Max())
            {
                Place = place,
            };
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return HistoryRow.Unreadable(number) with { Place = place };
        }
    }

    public static TrialOutcome ReadOutcome(DbDataReader row, int objectives)
    {
        long place = row.GetInt64(0);
        int number = (int)row.GetInt64(1);
        try
        {
            TrialState state = StateOf(row.GetInt64(2));
            return new TrialOutcome(place, number, state, ValuesOf(row, 3, state, objectives), row.IsDBNull(5) ? 0 : row.GetDouble(5))
            {
                PausedAfter = row.IsDBNull(6) ? null : (int)row.GetInt64(6),
                Epoch = row.GetInt64(7),
            };
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return new TrialOutcome(place, number, TrialState.Failed, [], 0);
        }
    }

    /// <summary>Whether an exception means that what was read is not what this code has stored.</summary>
    public static bool IsDamage(Exception exception) => exception is JsonException or FormatException or InvalidCastException or InvalidDataException
        or OverflowException or ArgumentException or KeyNotFoundException or (InvalidOperationException and not ObjectDisposedException);

    private static TrialState StateOf(long stored) => stored is >= (long)TrialState.Running and <= (long)TrialState.Failed
        ? (TrialState)stored
        : throw new InvalidDataException($"A trial has no state {stored}.");

    /// <summary>One finite value per objective of a completed trial, none of another.</summary>
    private static IReadOnlyList<double> ValuesOf(DbDataReader row, int column, TrialState state, int objectives)
    {
        if (state != TrialState.Completed)
        {
            return [];
        }

        IReadOnlyList<double> values = ObjectiveValues.Read(row.GetDouble(column), row.IsDBNull(column + 1) ? null : row.GetString(column + 1));
        return values.Count == objectives && values.All(double.IsFinite)
            ? values
            : throw new InvalidDataException($"A completed trial has {objectives} finite values.");
    }

    private static TrialReport? ReportOf(DbDataReader row, int column) => row.IsDBNull(column)
        ? null
        : new TrialReport((int)row.GetInt64(column), BitConverter.Int64BitsToDouble(row.GetInt64(column + 1)));

    private static DateTimeOffset? TimeOf(DbDataReader row, int column)
    {
        try
        {
            return row.IsDBNull(column) ? null : UnixMicroseconds.ToTime(row.GetInt64(column));
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return null;
        }
    }
}
