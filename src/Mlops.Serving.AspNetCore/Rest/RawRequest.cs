using System.Buffers.Binary;

namespace Mlops.Serving.AspNetCore;

/// <summary>A body that is nothing but the elements of the model's only input.</summary>
internal static class RawRequest
{
    /// <exception cref="WireException">The model has several inputs or an input whose shape the bytes do not tell, or they do not fit it.</exception>
    public static void Read(InferCall call, ReadOnlySpan<byte> body, ModelSignature? signature, InferenceOptions options)
    {
        if (signature is not { Inputs: [var input] })
            throw new WireException("A request of bytes alone (Inference-Header-Content-Length: 0) is for models with one input.");

        call.IsBinary = true;
        long[] shape = [.. input.Shape];
        if (input.Type == TensorDataType.Text)
        {
            // One element, whole.
            Array.Fill(shape, 1);
            Span<byte> packed = call.Request.AddInput(input.Name, input.Type, shape, checked(sizeof(uint) + body.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(packed, (uint)body.Length);
            body.CopyTo(packed[sizeof(uint)..]);
            return;
        }

        int free = Array.IndexOf(shape, -1);
        if (free >= 0)
        {
            shape[free] = 1;
            if (shape.Contains(-1))
                throw new WireException($"Input '{input}' has several free dimensions, which bytes alone do not tell.");
            if (TensorShape.CountElements(shape, options.MaximumElements) is { } rowElements and > 0)
                shape[free] = body.Length / ((long)rowElements * input.Type.Size());
        }

        if (TensorShape.CountElements(shape, options.MaximumElements) is not { } count || (long)count * input.Type.Size() != body.Length)
            throw new WireException($"The request has {body.Length} bytes, which are not the elements of input '{input}'.");
        WireElements.Check(input.Name, input.Type, body);
        body.CopyTo(call.Request.AddInput(input.Name, input.Type, shape, body.Length));
    }
}
