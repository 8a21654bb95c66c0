using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Mlops.Serving.AspNetCore;

/// <summary>Shows the prediction log of a model, page by page, the newest first.</summary>
internal sealed class LogEndpoint(PredictionLog? log, InferenceOptions options)
{
    public async Task ListAsync(HttpContext context)
    {
        if (log is null)
            throw new WireException("The server keeps no prediction log.", StatusCodes.Status404NotFound);

        PredictionLogQuery query = Read(RequestRoute.NameOf(context), context.Request.Query);
        IReadOnlyList<LoggedPrediction> page = await log.ListAsync(query, context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, LogText.Of(page, isLast: page.Count < query.Take), options).ConfigureAwait(false);
    }

    private static PredictionLogQuery Read(string model, IQueryCollection parameters)
    {
        var query = new PredictionLogQuery { Model = model };
        foreach ((string name, StringValues values) in parameters)
        {
            // A filter that is not understood must not show more than was asked for.
            if (values is not [{ Length: > 0 } value])
                throw new WireException($"The parameter '{RestError.Shorten(name)}' is given with one value.");
            query = name switch
            {
                "id" => query with { Id = PredictionId.TryParse(value, provider: null, out PredictionId id) ? id : throw Refused(name, $"{PredictionId.TextLength} hexadecimal digits") },
                "version_digest" => query with { VersionDigest = value },
                "from" => query with { From = Timestamps.TryRead(value, out DateTimeOffset from) ? from : throw Refused(name, Timestamps.Form) },
                "to" => query with { To = Timestamps.TryRead(value, out DateTimeOffset to) ? to : throw Refused(name, Timestamps.Form) },
                "only_with_outcome" => query with { OnlyWithOutcome = bool.TryParse(value, out bool only) ? only : throw Refused(name, "true or false") },
                "take" => query with
                {
                    Take = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int take) && take is >= 1 and <= PredictionLogQuery.MaximumTake
                        ? take
                        : throw Refused(name, $"1 to {PredictionLogQuery.MaximumTake}"),
                },
                "before" => query with { Before = LogPlace.TryRead(model, value) ?? throw Refused(name, "'next' of the page before") },
                _ => throw new WireException($"The parameter '{RestError.Shorten(name)}' is none of id, version_digest, from, to, only_with_outcome, take and before."),
            };
        }

        return query;
    }

    private static WireException Refused(string name, string expected) => new($"The parameter '{name}' is {expected}.");
}
