using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>The tensors of one slot for one number of rows, bound to the session.</summary>
internal sealed unsafe class OnnxBinding : IDisposable
{
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding _binding;
    private readonly OrtValue?[] _texts;
    private readonly OnnxTensor?[] _outputs;
    private readonly int _rows;
    private readonly bool _copies;

    /// <param name="session">What computes.</param>
    /// <param name="start">The slot's block.</param>
    /// <param name="inputs">Every input.</param>
    /// <param name="outputs">Every output that is wanted, <c>null</c> in the place of the others.</param>
    /// <param name="rows">Rows of a run.</param>
    public OnnxBinding(InferenceSession session, byte* start, OnnxTensor[] inputs, OnnxTensor?[] outputs, int rows)
    {
        _outputs = outputs;
        _rows = rows;
        _copies = outputs.Any(static output => output is { IsInBlock: false });
        _texts = new OrtValue?[inputs.Length];
        _binding = session.CreateIoBinding();
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                OrtValue value = inputs[i].IsInBlock ? InBlock(start, inputs[i]) : _texts[i] = Text(inputs[i]);
                _binding.BindInput(inputs[i].Name, value);
            }

            foreach (OnnxTensor? output in outputs)
                if (output is { IsInBlock: true })
                    _binding.BindOutput(output.Name, InBlock(start, output));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void SetText(int input, ReadOnlySpan<byte> packed)
    {
        OrtValue value = _texts[input]!;
        int element = 0;
        foreach (ReadOnlySpan<byte> text in new ModelTensor.TextEnumerator(packed))
            value.StringTensorSetElementAt(text, element++);
    }

    public void Run(InferenceSession session, RunOptions options)
    {
        // What the run before left here would be taken for memory of the right size.
        if (_copies)
            foreach (OnnxTensor? output in _outputs)
                if (output is { IsInBlock: false })
                    _binding.BindOutputToDevice(output.Name, OrtMemoryInfo.DefaultInstance);

        session.RunWithBinding(options, _binding);
        if (_copies)
            CopyOutputs();
    }

    public void Dispose()
    {
        _binding.Dispose();
        foreach (OrtValue value in _values)
            value.Dispose();
    }

    private void CopyOutputs()
    {
        using IDisposableReadOnlyCollection<OrtValue> values = _binding.GetOutputValues();
        IReadOnlyList<string> names = _binding.GetOutputNames();
        foreach (OnnxTensor? output in _outputs)
        {
            if (output is not { IsInBlock: false })
                continue;

            OrtValue value = values[IndexOf(names, output.Name)];
            long[] shape = value.GetTensorTypeAndShape().Shape;
            if (output.Type == TensorDataType.Text)
                Pack(value, shape, output);
            else
                value.GetTensorMutableRawData().CopyTo(output.Copy(shape, value.GetTensorMutableRawData().Length));
        }
    }

    private static void Pack(OrtValue value, long[] shape, OnnxTensor output)
    {
        int elements = checked((int)value.GetTensorTypeAndShape().ElementCount);
        int length = 0;
        for (int i = 0; i < elements; i++)
            length = checked(length + sizeof(uint) + value.GetStringElementAsSpan(i).Length);

        Span<byte> packed = output.Copy(shape, length);
        for (int i = 0; i < elements; i++)
        {
            ReadOnlySpan<byte> element = value.GetStringElementAsSpan(i);
            BinaryPrimitives.WriteUInt32LittleEndian(packed, (uint)element.Length);
            element.CopyTo(packed[sizeof(uint)..]);
            packed = packed[(sizeof(uint) + element.Length)..];
        }
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        int index = 0;
        while (names[index] != name)
            index++;
        return index;
    }

    private OrtValue InBlock(byte* start, OnnxTensor tensor)
    {
        var value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, OnnxElements.ToRuntime(tensor.Type), tensor.CopyShape(_rows), (nint)(start + tensor.Offset), tensor.Length(_rows));
        _values.Add(value);
        return value;
    }

    private OrtValue Text(OnnxTensor tensor)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.CopyShape(_rows));
        _values.Add(value);
        return value;
    }
}
