using System.Text;
using System.Text.Json;

namespace Quickstart;

/// <summary>result.json: every figure of table and report. The same log gives the same bytes.</summary>
public static class ResultFile
{
    public static string Render(ReplayResult result, int judgedFrom)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("hyperparameters");
            json.WriteNumber("lambda", result.Hyperparameters.Lambda);
            json.WriteNumber("harmonics", result.Hyperparameters.Harmonics);
            json.WriteNumber("halfLifeDays", result.Hyperparameters.HalfLifeDays);
            json.WriteEndObject();
            json.WriteStartArray("years");
            foreach (PeriodScore year in PeriodScore.PerYear(result))
                Write(json, year);
            json.WriteEndArray();
            if (PeriodScore.Since(judgedFrom, result) is { } judged)
            {
                json.WritePropertyName("judged");
                Write(json, judged);
            }

            json.WriteNumber("blindRuns", result.BlindRuns);
            if (result.BlindAsOften is { } line && PeriodScore.BlindAsOften(judgedFrom, result) is { } asOften)
            {
                json.WriteStartObject("blindAsOften");
                json.WriteNumber("runs", line.Runs);
                json.WriteNumber("mae", asOften.Mae);
                json.WriteNumber("r2", asOften.R2);
                json.WriteEndObject();
            }

            WriteArray(json, "decisions", result.Decisions, QuickstartJson.Default.CandidateDecision);
            WriteArray(json, "windows", result.Windows, QuickstartJson.Default.FeatureWindow);
            WriteArray(json, "days", result.Days, QuickstartJson.Default.ReplayDay);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
            json.WriteRawValue(JsonSerializer.Serialize(item, type));
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, PeriodScore period)
    {
        json.WriteStartObject();
        json.WriteString("period", period.Period);
        Write(json, "frozen", period.Frozen);
        Write(json, "naive", period.Naive);
        Write(json, "blind", period.Blind);
        Write(json, "managed", period.Managed);
        json.WriteNumber("errorAlarmDays", period.ErrorAlarmDays);
        json.WriteNumber("inputOnlyAlarmDays", period.FeatureAlarmDays);
        json.WriteNumber("pipelineRuns", period.Runs);
        json.WriteNumber("promotions", period.Promotions);
        json.WriteNumber("rejections", period.Rejections);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Score score)
    {
        json.WriteStartObject(name);
        json.WriteNumber("mae", score.Mae);
        json.WriteNumber("r2", score.R2);
        json.WriteEndObject();
    }
}
