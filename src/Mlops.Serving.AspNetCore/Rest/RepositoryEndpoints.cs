using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Which models there are, and loading and unloading them: Triton's model repository extension.</summary>
internal sealed class RepositoryEndpoints(ModelServer server, JsonReplies replies, InferenceOptions options)
{
    public async Task IndexAsync(HttpContext context)
    {
        bool onlyReady = await ReadOnlyReadyAsync(context).ConfigureAwait(false);
        IEnumerable<ModelFolderEntry> entries = ModelRepository.List(server, onlyReady);
        await replies.AnswerValueAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (ModelFolderEntry entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("name", entry.Name);
                if (entry.Version is { } version)
                    json.WriteString("version", version.ToString(CultureInfo.InvariantCulture));
                json.WriteString("state", NameOf(entry.State));
                json.WriteString("reason", entry.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    public async Task LoadAsync(HttpContext context)
    {
        await CheckParametersAsync(context).ConfigureAwait(false);
        await ModelRepository.LoadAsync(server, RequestRoute.NameOf(context), context.RequestAborted).ConfigureAwait(false);
    }

    public async Task UnloadAsync(HttpContext context)
    {
        await CheckParametersAsync(context).ConfigureAwait(false);
        await ModelRepository.UnloadAsync(server, RequestRoute.NameOf(context), context.RequestAborted).ConfigureAwait(false);
    }

    private async Task<bool> ReadOnlyReadyAsync(HttpContext context)
    {
        using RequestBody body = await RequestBody.ReadAsync(context, options.MaximumRequestBytes).ConfigureAwait(false);
        if (body.Length == 0)
            return false;

        var json = new JsonCursor(body.Span, options.MaximumJsonDepth);
        bool onlyReady = false;
        json.BeginObject();
        bool isFirst = true;
        while (json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("ready"u8))
                onlyReady = json.ReadBoolean();
            else
                json.Skip();
        }

        json.End();
        return onlyReady;
    }

    // Models come from where the host says, as their files say; what a client sends is neither.
    private async Task CheckParametersAsync(HttpContext context)
    {
        using RequestBody body = await RequestBody.ReadAsync(context, options.MaximumRequestBytes).ConfigureAwait(false);
        if (body.Length == 0)
            return;

        var json = new JsonCursor(body.Span, options.MaximumJsonDepth);
        json.BeginObject();
        bool isFirst = true;
        while (json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("parameters"u8))
                CheckParameters(ref json);
            else
                json.Skip();
        }

        json.End();
    }

    private static void CheckParameters(ref JsonCursor json)
    {
        json.BeginObject();
        bool isFirst = true;
        while (json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("config"u8) || name.StartsWith("file:"u8))
                throw new WireException($"The parameter '{RestError.Shorten(Encoding.UTF8.GetString(name))}' is refused: models and their configuration come from where the host says.");
            json.Skip();
        }
    }

    private static string NameOf(ModelState state) => state switch
    {
        ModelState.Loading => "LOADING",
        ModelState.Ready => "READY",
        ModelState.Unloading => "UNLOADING",
        ModelState.Unavailable => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
}
