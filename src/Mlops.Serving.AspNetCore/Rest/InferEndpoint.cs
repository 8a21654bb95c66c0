using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Infers, by the Open Inference Protocol.</summary>
internal sealed class InferEndpoint(ModelServer server, InferCalls calls, InferenceOptions options)
{
    public async Task InferAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        long? version = RequestRoute.VersionOf(context);
        int? jsonLength = JsonLengthOf(context.Request);
        InferCall call = calls.Take();
        int length;
        using (RequestBody body = await RequestBody.ReadAsync(context, options.MaximumRequestBytes).ConfigureAwait(false))
        {
            length = body.Length;
            if (jsonLength == 0)
                RawRequest.Read(call, body.Span, RequestRoute.FindVersion(context, model)?.Signature, options);
            else
                new InferRequestReader(call, body.Span, jsonLength, options).Read();
        }

        // A call that fails is not kept: where it stands is not worth knowing.
        using (TensorResponse response = await model.InferAsync(call.Request, call.ToOptions(version), context.RequestAborted).ConfigureAwait(false))
            await InferAnswer.WriteAsync(context, call, response, options).ConfigureAwait(false);
        calls.Keep(call, length);
    }

    private static int? JsonLengthOf(HttpRequest request)
    {
        string text = request.Headers[InferAnswer.JsonLengthHeader].ToString();
        if (text.Length == 0)
            return null;

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            ? length
            : throw new WireException($"{InferAnswer.JsonLengthHeader} is '{RestError.Shorten(text)}', which is not a number of bytes.");
    }
}
