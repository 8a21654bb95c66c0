using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>Writes an answer of the Open Inference Protocol.</summary>
internal static class InferAnswer
{
    public const string JsonLengthHeader = "Inference-Header-Content-Length";
    public const string PredictionIdHeader = "mlops-prediction-id";
    private const int MostUnflushed = 64 * 1_024;

    /// <exception cref="WireException">An output cannot be answered in JSON and was not asked for as bytes.</exception>
    public static Task WriteAsync(HttpContext context, InferCall call, TensorResponse response, InferenceOptions options)
    {
        string id = response.Id.ToString();
        long binaryBytes = WriteJson(call, response, id, out bool isBinary);
        context.Response.Headers[PredictionIdHeader] = id;
        if (!isBinary)
            return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, call.Text, options);

        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers[JsonLengthHeader] = call.Text.Length.ToString(CultureInfo.InvariantCulture);
        long length = call.Text.Length + binaryBytes;
        return ResponseCompression.Find(context.Request, length, options) is { } encoding
            ? WriteCompressedAsync(context, call, response, encoding)
            : WritePlainAsync(context, call, response, length);
    }

    private static long WriteJson(InferCall call, TensorResponse response, string id, out bool isBinary)
    {
        Utf8Text json = call.Text;
        json.Raw("{\"model_name\":"u8);
        json.String(response.Model);
        json.Raw(",\"model_version\":\""u8);
        json.Number(response.Version.Number);
        json.Raw("\""u8);
        if (call.ClientId is not null)
        {
            json.Raw(",\"id\":"u8);
            json.String(call.ClientId);
        }

        json.Raw(",\"parameters\":{\"mlops-prediction-id\":"u8);
        json.String(id);
        json.Raw("},\"outputs\":["u8);
        long binaryBytes = 0;
        isBinary = false;
        for (int i = 0; i < response.Outputs.Count; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            ModelTensor output = response.Outputs[i];
            WriteHead(json, output);
            if (call.IsOutputBinary(i))
            {
                isBinary = true;
                binaryBytes += output.Bytes.Length;
                json.Raw(",\"parameters\":{\"binary_data_size\":"u8);
                json.Number(output.Bytes.Length);
                json.Raw("}}"u8);
            }
            else
            {
                json.Raw(",\"data\":"u8);
                new TensorText(output).WriteList(json);
                json.Raw("}"u8);
            }
        }

        json.Raw("]}"u8);
        return binaryBytes;
    }

    private static void WriteHead(Utf8Text json, ModelTensor output)
    {
        json.Raw("{\"name\":"u8);
        json.String(output.Name);
        json.Raw(",\"datatype\":\""u8);
        json.Ascii(WireTypes.NameOf(output.Type));
        json.Raw("\",\"shape\":["u8);
        ReadOnlySpan<long> shape = output.Shape;
        for (int i = 0; i < shape.Length; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            json.Number(shape[i]);
        }

        json.Raw("]"u8);
    }

    private static async Task WritePlainAsync(HttpContext context, InferCall call, TensorResponse response, long length)
    {
        context.Response.ContentLength = length;
        PipeWriter writer = context.Response.BodyWriter;
        writer.Write(call.Text.Span);
        for (int i = 0; i < response.Outputs.Count; i++)
        {
            if (!call.IsOutputBinary(i))
                continue;

            // What is short goes out together, what is long waits until there is room for it.
            writer.Write(response.Outputs[i].Bytes);
            if (writer.UnflushedBytes > MostUnflushed)
                await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }

        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task WriteCompressedAsync(HttpContext context, InferCall call, TensorResponse response, string encoding)
    {
        Stream stream = ResponseCompression.Begin(context.Response, encoding);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(call.Text.Memory, context.RequestAborted).ConfigureAwait(false);
            for (int i = 0; i < response.Outputs.Count; i++)
                if (call.IsOutputBinary(i))
                    await stream.WriteAsync(response.Outputs[i].Memory, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
