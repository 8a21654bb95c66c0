using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Infers, by the REST protocol of TensorFlow Serving.</summary>
internal sealed class PredictEndpoint(ModelServer server, InferCalls calls, InferenceOptions options)
{
    public async Task PredictAsync(HttpContext context)
    {
        ServedModel model = RequestRoute.ModelOf(context, server);
        ServedVersion version = RequestRoute.FindVersion(context, model)
            ?? throw new WireException($"No version of model '{model.Name}' is loaded.", StatusCodes.Status503ServiceUnavailable);
        InferCall call = calls.Take();
        bool isInRows;
        int length;
        using (RequestBody body = await RequestBody.ReadAsync(context, options.MaximumRequestBytes).ConfigureAwait(false))
        {
            length = body.Length;
            isInRows = new PredictRequestReader(call.Request, body.Span, version.Signature, options).Read();
        }

        using (TensorResponse response = await model.InferAsync(call.Request, call.ToOptions(RequestRoute.VersionOf(context)), context.RequestAborted).ConfigureAwait(false))
        {
            if (isInRows)
                PredictAnswer.WriteRows(call.Text, response);
            else
                PredictAnswer.WriteColumns(call.Text, response);
            context.Response.Headers[InferAnswer.PredictionIdHeader] = response.Id.ToString();
            await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, call.Text, options).ConfigureAwait(false);
        }

        calls.Keep(call, length);
    }
}
