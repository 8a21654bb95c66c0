using System.Globalization;

namespace Mlops.Serving.AspNetCore;

/// <summary>A place in the prediction log as clients hand it back: microseconds since 1970, id and row of the last prediction of a page.</summary>
internal static class LogPlace
{
    private const char Separator = '.';

    public static string Of(LoggedPrediction last) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(last.Timestamp - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}{Separator}{last.Id}{Separator}{last.Row}");

    /// <summary>The place as a query takes it: only what pages are ordered by is set. <c>null</c> when the text is none.</summary>
    public static LoggedPrediction? TryRead(string model, string text) =>
        text.Split(Separator) is [var time, var id, var row]
        && long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long microseconds)
        && microseconds >= (DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
        && microseconds <= (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
        && PredictionId.TryParse(id, provider: null, out PredictionId prediction)
        && int.TryParse(row, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? new LoggedPrediction
            {
                Model = model,
                Id = prediction,
                Row = number,
                Version = 0,
                VersionDigest = "",
                Variant = "",
                Timestamp = DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond),
            }
            : null;
}
