using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A run as TensorBoard's event file: the version, the parameters as an HParams session, the points of each metric as scalars
/// (<c>simple_value</c>, which every TensorBoard reads), the end of the session.
/// </summary>
internal static class TensorBoardExport
{
    private const string Version = "brain.Event:2";
    private const string HParamsPlugin = "hparams";
    private const string SessionStart = "_hparams_/session_start_info";
    private const string SessionEnd = "_hparams_/session_end_info";
    private const int FlushedBytes = 64 * 1024;

    public static async Task WriteAsync(Tracker tracker, RunRecord run, Stream destination, CancellationToken cancellationToken)
    {
        var records = new RecordWriter();
        var message = new ProtobufWriter();
        message.Double(EventField.WallTime, Seconds(run.StartTime));
        message.Text(EventField.FileVersion, Version);
        records.Add(message);
        if (run.Parameters.Count > 0)
        {
            Session(message, run.StartTime, SessionStart, SessionStartOf(run));
            records.Add(message);
        }

        foreach (string key in run.Metrics.Keys.Order(StringComparer.Ordinal))
        {
            var value = new ProtobufWriter();
            var summary = new ProtobufWriter();
            foreach (MetricPoint point in await tracker.GetMetricHistoryAsync(run.Id, key, cancellationToken).ConfigureAwait(false))
            {
                value.Text(ValueField.Tag, key);
                value.Float(ValueField.SimpleValue, (float)point.Value);
                summary.Message(SummaryField.Value, value);
                message.Double(EventField.WallTime, Seconds(point.Time));
                message.Integer(EventField.Step, point.Step);
                message.Message(EventField.Summary, summary);
                records.Add(message);
                if (records.Length >= FlushedBytes)
                {
                    await records.FlushAsync(destination, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        if (run.Parameters.Count > 0 && run.EndTime is { } end)
        {
            Session(message, end, SessionEnd, SessionEndOf(run.Status, end));
            records.Add(message);
        }

        await records.FlushAsync(destination, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An event whose value is all metadata: the plugin's name and its bytes.</summary>
    private static void Session(ProtobufWriter message, DateTimeOffset time, string tag, ProtobufWriter content)
    {
        ProtobufWriter plugin = new(), metadata = new(), value = new(), summary = new();
        plugin.Text(PluginField.Name, HParamsPlugin);
        plugin.Message(PluginField.Content, content);
        metadata.Message(MetadataField.PluginData, plugin);
        value.Text(ValueField.Tag, tag);
        value.Message(ValueField.Metadata, metadata);
        summary.Message(SummaryField.Value, value);
        message.Double(EventField.WallTime, Seconds(time));
        message.Message(EventField.Summary, summary);
    }

    private static ProtobufWriter SessionStartOf(RunRecord run)
    {
        ProtobufWriter session = new(), entry = new(), value = new(), content = new();
        foreach ((string name, string text) in run.Parameters.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
            {
                value.Double(SessionField.NumberValue, number);
            }
            else
            {
                value.Text(SessionField.TextValue, text);
            }

            entry.Text(SessionField.MapKey, name);
            entry.Message(SessionField.MapValue, value);
            session.Message(SessionField.HParams, entry);
        }

        session.Text(SessionField.GroupName, run.Id);
        session.Double(SessionField.StartTime, Seconds(run.StartTime));
        content.Message(SessionField.Start, session);
        return content;
    }

    private static ProtobufWriter SessionEndOf(RunStatus status, DateTimeOffset end)
    {
        const long Success = 1, Failure = 2;
        ProtobufWriter session = new(), content = new();
        session.Integer(SessionField.Status, status == RunStatus.Finished ? Success : Failure);
        session.Double(SessionField.EndTime, Seconds(end));
        content.Message(SessionField.End, session);
        return content;
    }

    private static double Seconds(DateTimeOffset time) => UnixMicroseconds.From(time) / 1e6;

    private static class EventField
    {
        public const int WallTime = 1;
        public const int Step = 2;
        public const int FileVersion = 3;
        public const int Summary = 5;
    }

    private static class SummaryField
    {
        public const int Value = 1;
    }

    private static class ValueField
    {
        public const int Tag = 1;
        public const int SimpleValue = 2;
        public const int Metadata = 9;
    }

    private static class MetadataField
    {
        public const int PluginData = 1;
    }

    private static class PluginField
    {
        public const int Name = 1;
        public const int Content = 2;
    }

    private static class SessionField
    {
        public const int Start = 3;
        public const int End = 4;
        public const int HParams = 1;
        public const int GroupName = 4;
        public const int StartTime = 5;
        public const int Status = 1;
        public const int EndTime = 2;
        public const int MapKey = 1;
        public const int MapValue = 2;
        public const int NumberValue = 2;
        public const int TextValue = 3;
    }
}
