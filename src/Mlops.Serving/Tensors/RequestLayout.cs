namespace Mlops.Serving;

/// <summary>How the tensors of a request lie in a model's inputs and outputs: checked names, types and shapes.</summary>
internal sealed class RequestLayout
{
    private readonly ModelSignature _signature;
    private readonly int[] _inputs;     // position in the request of each input of the model
    private readonly int[] _outputs;    // position in the model of each output that is wanted
    private readonly long[][] _shapes;

    private RequestLayout(ModelSignature signature, int[] inputs, int[] outputs, long[][] shapes, int rows)
    {
        _signature = signature;
        _inputs = inputs;
        _outputs = outputs;
        _shapes = shapes;
        Rows = rows;
    }

    /// <summary>Rows of the call: the first dimension of the inputs that count rows, 1 where none does.</summary>
    public int Rows { get; }

    /// <exception cref="InvalidInputException">The request does not fit the signature.</exception>
    public static RequestLayout Of(string model, TensorRequest request, ModelSignature signature)
    {
        foreach (ModelTensor tensor in request.Inputs)
            if (ModelSignature.IndexOf(signature.Inputs, tensor.Name) < 0)
                throw new InvalidInputException(model, $"it has no input '{tensor.Name}'; it takes {string.Join(", ", signature.Inputs)}");

        int[] inputs = new int[signature.Inputs.Count];
        long[][] shapes = new long[inputs.Length][];
        long rows = -1;
        Dictionary<string, long>? named = null;
        for (int i = 0; i < inputs.Length; i++)
        {
            TensorSpec spec = signature.Inputs[i];
            inputs[i] = request.IndexOf(spec.Name);
            if (inputs[i] < 0)
                throw new InvalidInputException(model, $"input '{spec}' is missing");
            ModelTensor tensor = request.Inputs[inputs[i]];
            if (spec.Refusal(tensor.Type, tensor.Shape) is { } refusal)
                throw new InvalidInputException(model, $"input '{spec.Name}' {refusal}");
            if (tensor.Type == TensorDataType.Text && !tensor.IsWellPacked())
                throw new InvalidInputException(model, $"the bytes of input '{spec.Name}' are not {tensor.ElementCount} elements, each its length in 4 bytes and as many bytes");
            if (FindConflict(spec, tensor, ref named) is { } conflict)
                throw new InvalidInputException(model, $"input '{spec.Name}' {conflict}");

            shapes[i] = tensor.Shape.ToArray();
            if (!spec.HasRows)
                continue;
            if (rows >= 0 && shapes[i][0] != rows)
                throw new InvalidInputException(model, $"input '{spec.Name}' has {shapes[i][0]} rows and another has {rows}");
            rows = shapes[i][0];
            shapes[i][0] = -1;
        }

        int[] outputs = request.Outputs.Count == 0 ? [.. Enumerable.Range(0, signature.Outputs.Count)] : new int[request.Outputs.Count];
        for (int i = 0; i < request.Outputs.Count; i++)
        {
            outputs[i] = ModelSignature.IndexOf(signature.Outputs, request.Outputs[i]);
            if (outputs[i] < 0)
                throw new InvalidInputException(model, $"it has no output '{request.Outputs[i]}'; it returns {string.Join(", ", signature.Outputs)}");
        }

        if (rows is 0 or > int.MaxValue)
            throw new InvalidInputException(model, $"{rows} rows cannot be computed");
        return new RequestLayout(signature, inputs, outputs, shapes, rows < 0 ? 1 : (int)rows);
    }

    // Sizes of one name that differ would fail in the runtime, and count against the model.
    private static string? FindConflict(TensorSpec spec, ModelTensor tensor, ref Dictionary<string, long>? named)
    {
        if (spec.Symbols is null)
            return null;

        for (int i = spec.HasRows ? 1 : 0; i < spec.Symbols.Count; i++)
        {
            if (spec.Symbols[i] is not { } symbol)
                continue;
            named ??= new Dictionary<string, long>(StringComparer.Ordinal);
            if (!named.TryAdd(symbol, tensor.Shape[i]) && named[symbol] != tensor.Shape[i])
                return $"has size {tensor.Shape[i]} in dimension {i}, which is '{symbol}' and elsewhere has size {named[symbol]}";
        }

        return null;
    }

    public SlotShape ToSlotShape()
    {
        bool[] wanted = new bool[_signature.Outputs.Count];
        foreach (int output in _outputs)
            wanted[output] = true;
        return new SlotShape(Rows, _shapes, wanted);
    }

    public void CopyInputs(TensorRequest request, IModelSlot slot)
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            ModelTensor tensor = request.Inputs[_inputs[i]];
            if (tensor.Type == TensorDataType.Text)
                slot.SetText(i, Rows, tensor.Bytes);
            else
                tensor.Bytes.CopyTo(slot.GetInput(i, Rows));
        }
    }

    public void CopyOutputs(IModelSlot slot, TensorResponse response)
    {
        foreach (int index in _outputs)
        {
            TensorSpec spec = _signature.Outputs[index];
            ReadOnlySpan<byte> bytes = slot.GetOutput(index, Rows);
            bytes.CopyTo(response.AddOutput(spec.Name, spec.Type, slot.GetOutputShape(index, Rows), bytes.Length));
        }
    }
}
