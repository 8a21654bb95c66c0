using System.Numerics;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>Reads the tensors of a message, raw or by type, into a request.</summary>
internal static class GrpcInputs
{
    /// <exception cref="WireException">The message breaks the protocol or a limit.</exception>
    public static TensorRequest Read(ModelInferRequest message, InferenceOptions limits)
    {
        bool isRaw = message.RawInputContents.Count > 0;
        if (isRaw && message.RawInputContents.Count != message.Inputs.Count)
            throw new WireException($"raw_input_contents has {message.RawInputContents.Count} entries and there are {message.Inputs.Count} inputs; it holds all of them in their order, or none.");
        if (message.Inputs.Count > limits.MaximumTensors || message.Outputs.Count > limits.MaximumTensors)
            throw new WireException($"The call has {message.Inputs.Count} inputs and asks for {message.Outputs.Count} outputs; at most {limits.MaximumTensors} are allowed.");

        var request = new TensorRequest();
        for (int i = 0; i < message.Inputs.Count; i++)
            Add(request, message.Inputs[i], isRaw ? message.RawInputContents[i] : null, limits);
        foreach (ModelInferRequest.Types.InferRequestedOutputTensor output in message.Outputs)
        {
            GrpcParameters.RefuseUnserved(output.Parameters);
            if (request.Outputs.Contains(output.Name))
                throw new WireException($"Output '{output.Name}' is asked for twice.");
            request.WantOutput(output.Name);
        }

        return request;
    }

    private static void Add(TensorRequest request, ModelInferRequest.Types.InferInputTensor input, ByteString? raw, InferenceOptions limits)
    {
        GrpcParameters.RefuseUnserved(input.Parameters);
        foreach (ModelTensor other in request.Inputs)
            if (other.Name == input.Name)
                throw new WireException($"Input '{input.Name}' is there twice.");
        if (!WireTypes.TryParse(input.Datatype, out TensorDataType type))
            throw new WireException($"Input '{input.Name}' has datatype '{input.Datatype}', which is none of {WireTypes.All}.");
        if (input.Shape.Count > limits.MaximumRank)
            throw new WireException($"Input '{input.Name}' has {input.Shape.Count} dimensions; at most {limits.MaximumRank} are allowed.");

        long[] shape = [.. input.Shape];
        int elements = TensorShape.CountElements(shape, limits.MaximumElements)
            ?? throw new WireException($"Input '{input.Name}' has shape {TensorShape.ToText(shape)}; dimensions must not be negative, and at most {limits.MaximumElements} elements are allowed.");
        if (raw is not null)
            CopyRaw(request, input, type, shape, elements, raw.Span);
        else
            CopyTyped(request, input, type, shape, elements);
    }

    private static void CopyRaw(TensorRequest request, ModelInferRequest.Types.InferInputTensor input, TensorDataType type, long[] shape, int elements, ReadOnlySpan<byte> raw)
    {
        if (CountTyped(input.Contents, type, out int others) + others > 0)
            throw new WireException($"Input '{input.Name}' has contents, and raw_input_contents as well; use one of them.");
        if (type != TensorDataType.Text && raw.Length != (long)elements * type.Size())
            throw new WireException($"Input '{input.Name}' has {raw.Length} raw bytes; its {elements} elements of {input.Datatype} are {(long)elements * type.Size()}.");
        WireElements.Check(input.Name, type, raw);

        raw.CopyTo(request.AddInput(input.Name, type, shape, raw.Length));
    }

    private static void CopyTyped(TensorRequest request, ModelInferRequest.Types.InferInputTensor input, TensorDataType type, long[] shape, int elements)
    {
        if (type is TensorDataType.Float16 or TensorDataType.BFloat16)
            throw new WireException($"Input '{input.Name}' has datatype {input.Datatype}, which has no typed contents; send it in raw_input_contents.");
        int given = CountTyped(input.Contents, type, out int others);
        if (others > 0)
            throw new WireException($"Input '{input.Name}' has contents of another type than its datatype {input.Datatype}.");
        if (given != elements)
            throw new WireException($"Input '{input.Name}' has {given} elements; its shape needs {elements}.");

        InferTensorContents contents = input.Contents ?? new InferTensorContents();
        if (type == TensorDataType.Text)
        {
            Pack(contents.BytesContents, request.AddInput(input.Name, type, shape, PackedLength(input.Name, contents.BytesContents)));
            return;
        }

        Span<byte> target = request.AddInput(input.Name, type, shape, checked(elements * type.Size()));
        try
        {
            Copy(contents, type, target);
        }
        catch (OverflowException)
        {
            throw new WireException($"Input '{input.Name}' has an element that its datatype {input.Datatype} cannot hold.");
        }
    }

    private static void Copy(InferTensorContents contents, TensorDataType type, Span<byte> target)
    {
        switch (type)
        {
            case TensorDataType.Boolean:
                for (int i = 0; i < target.Length; i++)
                    target[i] = contents.BoolContents[i] ? (byte)1 : (byte)0;
                break;
            case TensorDataType.Int8:
                Copy<int, sbyte>(contents.IntContents, target);
                break;
            case TensorDataType.Int16:
                Copy<int, short>(contents.IntContents, target);
                break;
            case TensorDataType.Int32:
                Copy<int, int>(contents.IntContents, target);
                break;
            case TensorDataType.Int64:
                Copy<long, long>(contents.Int64Contents, target);
                break;
            case TensorDataType.UInt8:
                Copy<uint, byte>(contents.UintContents, target);
                break;
            case TensorDataType.UInt16:
                Copy<uint, ushort>(contents.UintContents, target);
                break;
            case TensorDataType.UInt32:
                Copy<uint, uint>(contents.UintContents, target);
                break;
            case TensorDataType.UInt64:
                Copy<ulong, ulong>(contents.Uint64Contents, target);
                break;
            case TensorDataType.Float32:
                Copy<float, float>(contents.Fp32Contents, target);
                break;
            default:
                Copy<double, double>(contents.Fp64Contents, target);
                break;
        }
    }

    private static void Copy<TFrom, TTo>(RepeatedField<TFrom> values, Span<byte> target)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        Span<TTo> elements = MemoryMarshal.Cast<byte, TTo>(target);
        for (int i = 0; i < elements.Length; i++)
            elements[i] = TTo.CreateChecked(values[i]);
    }

    private static int PackedLength(string name, RepeatedField<ByteString> texts)
    {
        long length = 0;
        foreach (ByteString text in texts)
            length += sizeof(uint) + text.Length;
        return length <= int.MaxValue ? (int)length : throw new WireException($"Input '{name}' is longer than 2 GiB.");
    }

    private static void Pack(RepeatedField<ByteString> texts, Span<byte> target)
    {
        foreach (ByteString text in texts)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)text.Length);
            text.Span.CopyTo(target[sizeof(uint)..]);
            target = target[(sizeof(uint) + text.Length)..];
        }
    }

    /// <summary>How many elements the contents have in the field of that type, and in all others.</summary>
    private static int CountTyped(InferTensorContents? contents, TensorDataType type, out int others)
    {
        others = 0;
        if (contents is null)
            return 0;

        int own = type switch
        {
            TensorDataType.Boolean => contents.BoolContents.Count,
            TensorDataType.Int8 or TensorDataType.Int16 or TensorDataType.Int32 => contents.IntContents.Count,
            TensorDataType.Int64 => contents.Int64Contents.Count,
            TensorDataType.UInt8 or TensorDataType.UInt16 or TensorDataType.UInt32 => contents.UintContents.Count,
            TensorDataType.UInt64 => contents.Uint64Contents.Count,
            TensorDataType.Float32 => contents.Fp32Contents.Count,
            TensorDataType.Float64 => contents.Fp64Contents.Count,
            TensorDataType.Text => contents.BytesContents.Count,
            _ => 0,
        };
        others = contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
            + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count - own;
        return own;
    }
}
