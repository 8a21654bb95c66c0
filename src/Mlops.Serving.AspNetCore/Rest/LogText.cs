using System.Globalization;

namespace Mlops.Serving.AspNetCore;

/// <summary>Logged predictions as JSON. Numbers may be <c>NaN</c> and infinite, as in tensors.</summary>
internal static class LogText
{
    public static Utf8Text Of(IReadOnlyList<LoggedPrediction> page, bool isLast)
    {
        var json = new Utf8Text();
        json.Raw("{\"predictions\":["u8);
        for (int i = 0; i < page.Count; i++)
        {
            json.Raw(i == 0 ? ""u8 : ","u8);
            Write(json, page[i]);
        }

        json.Raw("]"u8);
        if (!isLast)
        {
            json.Raw(",\"next\":"u8);
            json.String(LogPlace.Of(page[^1]));
        }

        json.Raw("}"u8);
        return json;
    }

    private static void Write(Utf8Text json, LoggedPrediction prediction)
    {
        json.Raw("{\"id\":"u8);
        json.String(prediction.Id.ToString());
        json.Raw(",\"row\":"u8);
        json.Number(prediction.Row);
        json.Raw(",\"version\":"u8);
        json.String(prediction.Version.ToString(CultureInfo.InvariantCulture));
        json.Raw(",\"version_digest\":"u8);
        json.String(prediction.VersionDigest);
        json.Raw(",\"variant\":"u8);
        json.String(prediction.Variant);
        json.Raw(",\"propensity\":"u8);
        json.Number(prediction.Propensity);
        json.Raw(",\"timestamp\":"u8);
        json.String(Timestamps.ToText(prediction.Timestamp));
        json.Raw(",\"duration_ns\":"u8);
        json.Number(prediction.Duration.Ticks * TimeSpan.NanosecondsPerTick);
        json.Raw(",\"queue_ns\":"u8);
        json.Number(prediction.QueueTime.Ticks * TimeSpan.NanosecondsPerTick);
        json.Raw(",\"compute_ns\":"u8);
        json.Number(prediction.ComputeTime.Ticks * TimeSpan.NanosecondsPerTick);
        if (prediction.RoutingKeyHash is { } key)
        {
            json.Raw(",\"routing_key_hash\":"u8);
            json.String(key);
        }

        json.Raw(",\"features\":{"u8);
        for (int i = 0; i < prediction.FeatureNames.Count; i++)
        {
            json.Raw(i == 0 ? ""u8 : ","u8);
            json.String(prediction.FeatureNames[i]);
            json.Raw(":"u8);
            json.Number(prediction.Features[i]);
        }

        json.Raw("},\"outputs\":["u8);
        for (int i = 0; i < prediction.Outputs.Count; i++)
        {
            json.Raw(i == 0 ? ""u8 : ","u8);
            json.Number(prediction.Outputs[i]);
        }

        json.Raw("],\"output_length\":"u8);
        json.Number(prediction.OutputLength);
        if (prediction is { Outcome: { } outcome, OutcomeTimestamp: { } happened })
        {
            json.Raw(",\"outcome\":"u8);
            json.Number(outcome);
            json.Raw(",\"outcome_timestamp\":"u8);
            json.String(Timestamps.ToText(happened));
        }

        json.Raw("}"u8);
    }
}
