namespace Mlops.Serving;

/// <summary>
/// How the tensors of a request lie in a model's inputs and outputs: checked names, types and shapes. Fits every request of the same form, with
/// any number of rows. Immutable.
/// </summary>
internal sealed class RequestLayout
{
    private const int MaximumStackRank = 8;
    private readonly TensorSpec[] _inputSpecs;
    private readonly TensorSpec[] _outputSpecs;
    private readonly int[] _inputs;     // position in the request of each input of the model
    private readonly int[] _outputs;    // position in the model of each output that is wanted
    private readonly long[][] _shapes;
    private readonly string[] _wishes;
    private readonly bool[] _areRowsFixed;   // whether each output of the model has a row of known length for each row of the inputs

    private RequestLayout(ModelSignature signature, int[] inputs, int[] outputs, long[][] shapes, string[] wishes, int rows)
    {
        _inputSpecs = [.. signature.Inputs];
        _outputSpecs = [.. signature.Outputs];
        _inputs = inputs;
        _outputs = outputs;
        _shapes = shapes;
        _wishes = wishes;
        _areRowsFixed = [.. signature.Outputs.Select(output => output.BytesPerRow is not null && signature.CountsRows(output))];
        Rows = rows;
    }

    /// <summary>Rows of the request it was made for: the first dimension of the inputs that count rows, 1 where none does.</summary>
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
            if (tensor.Type == TensorDataType.Text)
                CheckText(model, tensor);
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
        return new RequestLayout(signature, inputs, outputs, shapes, [.. request.Outputs], rows < 0 ? 1 : (int)rows);
    }

    /// <summary>All inputs in the model's order, and all outputs; <c>null</c> when the signature does not fix their sizes.</summary>
    public static RequestLayout? ForRows(ModelSignature signature) => signature.Inputs.Any(static input => input.BytesPerRow is null)
        ? null
        : new RequestLayout(
            signature,
            [.. Enumerable.Range(0, signature.Inputs.Count)],
            [.. Enumerable.Range(0, signature.Outputs.Count)],
            [.. signature.Inputs.Select(static input => input.Shape.ToArray())],
            wishes: [],
            rows: 1);

    /// <summary>Whether the request has this form, and then how many rows. Its text, if any, is not looked at.</summary>
    public bool Fits(TensorRequest request, out int rows)
    {
        rows = 1;
        TensorList tensors = request.Tensors;
        if (tensors.Count != _inputs.Length || !HasWishes(request))
            return false;

        long counted = -1;
        for (int i = 0; i < _inputs.Length; i++)
        {
            ModelTensor tensor = tensors[_inputs[i]];
            TensorSpec spec = _inputSpecs[i];
            ReadOnlySpan<long> shape = tensor.Shape;
            long[] expected = _shapes[i];
            if (tensor.Type != spec.Type || shape.Length != expected.Length || tensor.Name != spec.Name)
                return false;
            for (int j = spec.HasRows ? 1 : 0; j < expected.Length; j++)
                if (shape[j] != expected[j])
                    return false;

            if (!spec.HasRows)
                continue;
            if (shape[0] is < 1 or > int.MaxValue || (counted >= 0 && counted != shape[0]))
                return false;
            counted = shape[0];
        }

        rows = counted < 0 ? 1 : (int)counted;
        return true;
    }

    /// <summary>Looks at the text of a request that <see cref="Fits"/>.</summary>
    /// <exception cref="InvalidInputException">The bytes are not the elements of its shape.</exception>
    public void CheckText(string model, TensorRequest request)
    {
        for (int i = 0; i < _inputs.Length; i++)
            if (_inputSpecs[i].Type == TensorDataType.Text)
                CheckText(model, request.Tensors[_inputs[i]]);
    }

    public SlotShape ToSlotShape(int maximumRows)
    {
        bool[] wanted = new bool[_outputSpecs.Length];
        foreach (int output in _outputs)
            wanted[output] = true;
        return new SlotShape(maximumRows, _shapes, wanted);
    }

    /// <summary>Copies the request's rows to the place of a run where they begin.</summary>
    /// <param name="request">A request of this form.</param>
    /// <param name="slot">The slot of the run.</param>
    /// <param name="first">Place of the request's first row.</param>
    /// <param name="rows">Rows of the request.</param>
    /// <param name="all">Rows of the run.</param>
    public void CopyInputs(TensorRequest request, IModelSlot slot, int first, int rows, int all)
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            ModelTensor tensor = request.Tensors[_inputs[i]];
            if (tensor.Type == TensorDataType.Text)
                slot.SetText(i, all, tensor.Bytes);
            else
                tensor.Bytes.CopyTo(slot.GetInput(i, all)[(first * (tensor.Bytes.Length / rows))..]);
        }
    }

    /// <summary>Copies the outputs of some rows of a run.</summary>
    /// <exception cref="InvalidOperationException">An output of several calls has another number of rows than they have.</exception>
    public void CopyOutputs(IModelSlot slot, CallAnswer answer, int first, int rows, int all)
    {
        Span<long> dimensions = stackalloc long[MaximumStackRank];
        foreach (int index in _outputs)
        {
            TensorSpec spec = _outputSpecs[index];
            ReadOnlySpan<byte> bytes = RowsOf(slot, index, first, rows, all);
            if (rows == all && !_areRowsFixed[index])
            {
                bytes.CopyTo(answer.AddOutput(spec.Name, spec.Type, slot.GetOutputShape(index, all), bytes.Length));
                continue;
            }

            Span<long> shape = spec.Shape.Count <= MaximumStackRank ? dimensions[..spec.Shape.Count] : new long[spec.Shape.Count];
            for (int i = 1; i < shape.Length; i++)
                shape[i] = spec.Shape[i] >= 0 ? spec.Shape[i] : slot.GetOutputShape(index, all)[i];
            shape[0] = rows;
            bytes.CopyTo(answer.AddOutput(spec.Name, spec.Type, shape, bytes.Length));
        }
    }

    /// <summary>Name of the first output that holds NaN or infinity in some rows of a run; <c>null</c> when none does.</summary>
    public string? FindNotFiniteOutput(IModelSlot slot, int first, int rows, int all)
    {
        foreach (int index in _outputs)
        {
            TensorSpec spec = _outputSpecs[index];
            if (spec.Type.IsFloat() && !spec.Type.AreFinite(RowsOf(slot, index, first, rows, all)))
                return spec.Name;
        }

        return null;
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

    /// <summary>Name of the first input that holds NaN or infinity in some rows of a run; <c>null</c> when none does.</summary>
    public string? FindNotFiniteInput(IModelSlot slot, int first, int rows, int all)
    {
        for (int i = 0; i < _inputSpecs.Length; i++)
        {
            if (!_inputSpecs[i].Type.IsFloat())
                continue;
            ReadOnlySpan<byte> bytes = slot.GetInput(i, all);
            int length = bytes.Length / all;
            if (!_inputSpecs[i].Type.AreFinite(rows == all ? bytes : bytes.Slice(first * length, rows * length)))
                return _inputSpecs[i].Name;
        }

        return null;
    }

    private static void CheckText(string model, ModelTensor tensor)
    {
        if (!tensor.IsWellPacked())
            throw new InvalidInputException(model, $"the bytes of input '{tensor.Name}' are not {tensor.ElementCount} elements, each its length in 4 bytes and as many bytes");
    }

    private bool HasWishes(TensorRequest request)
    {
        if (request.Wishes.Count != _wishes.Length)
            return false;
        for (int i = 0; i < _wishes.Length; i++)
            if (request.Wishes[i] != _wishes[i])
                return false;

        return true;
    }

    private ReadOnlySpan<byte> RowsOf(IModelSlot slot, int index, int first, int rows, int all)
    {
        ReadOnlySpan<byte> bytes = slot.GetOutput(index, all);
        if (rows == all)
            return bytes;
        if (!_areRowsFixed[index] && slot.GetOutputShape(index, all)[0] != all)
            throw new InvalidOperationException($"Output '{_outputSpecs[index].Name}' of a run of {all} rows has {slot.GetOutputShape(index, all)[0]}: its rows are not those of the inputs.");

        int length = bytes.Length / all;
        return bytes.Slice(first * length, rows * length);
    }
}
