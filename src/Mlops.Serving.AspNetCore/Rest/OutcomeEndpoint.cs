using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Takes what became of predictions: <c>{"outcomes": [{"id": "...", "row": 0, "value": 1.5, "timestamp": "..."}]}</c>.</summary>
internal sealed class OutcomeEndpoint(ModelServer server, JsonReplies replies, InferenceOptions options)
{
    public async Task RecordAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        List<Outcome> outcomes;
        using (RequestBody body = await RequestBody.ReadAsync(context, options.MaximumRequestBytes).ConfigureAwait(false))
            outcomes = Read(body.Span);

        // All were read before the first is recorded: what cannot be read counts not at all.
        for (int recorded = 0; recorded < outcomes.Count; recorded++)
        {
            Outcome outcome = outcomes[recorded];
            try
            {
                await model.RecordOutcomeAsync(outcome.Id, outcome.Value, outcome.Row, outcome.Timestamp, context.RequestAborted).ConfigureAwait(false);
            }
            catch (ModelOverloadedException exception)
            {
                string message = $"{recorded} of {outcomes.Count} outcomes were recorded; for the next one there was no room in time. Send the request again: what was recorded counts once.";
                throw new WireException(message, StatusCodes.Status503ServiceUnavailable) { RetryAfter = exception.RetryAfter };
            }
        }

        await replies.AnswerAsync(context, json => json.WriteNumber("recorded", outcomes.Count)).ConfigureAwait(false);
    }

    private List<Outcome> Read(ReadOnlySpan<byte> body)
    {
        List<Outcome>? outcomes = null;
        var json = new JsonCursor(body, options.MaximumJsonDepth);
        json.BeginObject();
        bool isFirst = true;
        while (json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("outcomes"u8))
                outcomes = ReadOutcomes(ref json);
            else
                json.Skip();
        }

        json.End();
        return outcomes ?? throw new WireException("The request has no outcomes.");
    }

    private List<Outcome> ReadOutcomes(ref JsonCursor json)
    {
        List<Outcome> outcomes = [];
        json.BeginArray();
        bool isFirst = true;
        while (json.NextElement(ref isFirst))
        {
            if (outcomes.Count == options.MaximumElements)
                throw json.Failure($"there are more than {options.MaximumElements} outcomes");
            outcomes.Add(ReadOutcome(ref json));
        }

        return outcomes;
    }

    private static Outcome ReadOutcome(ref JsonCursor json)
    {
        PredictionId? id = null;
        double? value = null;
        int row = 0;
        DateTimeOffset? timestamp = null;
        json.BeginObject();
        bool isFirst = true;
        while (json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("id"u8))
                id = ReadId(ref json);
            else if (name.SequenceEqual("value"u8))
                value = json.ReadDouble();
            else if (name.SequenceEqual("row"u8))
                row = (int)json.ReadUnsigned(int.MaxValue, "a row");
            else if (name.SequenceEqual("timestamp"u8))
                timestamp = ReadTimestamp(ref json);
            else
                json.Skip();
        }

        if (id is not { } prediction || value is not { } happened || !double.IsFinite(happened))
            throw json.Failure("an outcome needs the id of a prediction and a finite value");
        return new Outcome(prediction, row, happened, timestamp);
    }

    private static PredictionId ReadId(ref JsonCursor json)
    {
        string text = json.ReadString();
        return PredictionId.TryParse(text, provider: null, out PredictionId id) && id != default
            ? id
            : throw json.Failure($"the id of a prediction has {PredictionId.TextLength} hexadecimal digits, as it came in {InferAnswer.PredictionIdHeader}");
    }

    private static DateTimeOffset ReadTimestamp(ref JsonCursor json)
    {
        string text = json.ReadString();
        return Timestamps.TryRead(text, out DateTimeOffset timestamp)
            ? timestamp
            : throw json.Failure($"{Timestamps.Form} is expected");
    }

    private readonly record struct Outcome(PredictionId Id, int Row, double Value, DateTimeOffset? Timestamp);
}
