namespace Mlops.Serving.AspNetCore;

/// <summary>Reads a request of TensorFlow Serving, whose tensors have neither type nor shape: the model's signature and the lists tell.</summary>
internal ref struct PredictRequestReader
{
    private const string DefaultSignature = "serving_default";
    private readonly TensorRequest _request;
    private readonly ModelSignature _signature;
    private readonly InferenceOptions _options;
    private JsonCursor _json;

    public PredictRequestReader(TensorRequest request, ReadOnlySpan<byte> body, ModelSignature signature, InferenceOptions options)
    {
        _request = request;
        _signature = signature;
        _options = options;
        _json = new JsonCursor(body, options.MaximumJsonDepth);
    }

    /// <summary>Reads it; returns whether it is in rows (<c>instances</c>), else in columns (<c>inputs</c>).</summary>
    /// <exception cref="WireException">It cannot be read.</exception>
    public bool Read()
    {
        bool? isInRows = null;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            bool isInstances = name.SequenceEqual("instances"u8);
            if (isInstances || name.SequenceEqual("inputs"u8))
            {
                if (isInRows is not null)
                    throw _json.Failure("a request has either instances or inputs, once");
                isInRows = isInstances;
                if (isInstances)
                    ReadInstances();
                else
                    ReadColumns();
            }
            else if (name.SequenceEqual("signature_name"u8))
                CheckSignatureName();
            else
                _json.Skip();
        }

        _json.End();
        return isInRows ?? throw new WireException("The request has neither instances nor inputs.");
    }

    private void CheckSignatureName()
    {
        string name = _json.ReadString();
        if (name is not ("" or DefaultSignature))
            throw new WireException($"The model has no signature '{RestError.Shorten(name)}'; its only one is {DefaultSignature}.");
    }

    private void ReadInstances()
    {
        if (!AreRowsNamed())
        {
            Add(OnlyInput(), ReadTensor(OnlyInput()));
            return;
        }

        var columns = new TensorValues[_signature.Inputs.Count];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = NewValues();
        long rows = 0;
        _json.BeginArray();
        bool isFirst = true;
        for (; _json.NextElement(ref isFirst); rows++)
            ReadRow(columns);
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i].SetRows(rows);
            Add(_signature.Inputs[i], columns[i]);
        }
    }

    private void ReadRow(TensorValues[] columns)
    {
        Span<bool> seen = stackalloc bool[columns.Length];
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            int index = IndexOf(name);
            if (seen[index])
                throw _json.Failure("an instance has an input twice");
            seen[index] = true;
            columns[index].ReadRow(ref _json, _signature.Inputs[index].Type);
        }

        if (seen.IndexOf(false) is var missing and >= 0)
            throw _json.Failure($"an instance lacks input '{_signature.Inputs[missing].Name}'");
    }

    private void ReadColumns()
    {
        JsonCursor ahead = _json;
        if (_json.Peek() != '{' || StartsWithBase64(ref ahead))
        {
            Add(OnlyInput(), ReadTensor(OnlyInput()));
            return;
        }

        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            TensorSpec input = _signature.Inputs[IndexOf(name)];
            foreach (ModelTensor other in _request.Inputs)
                if (other.Name == input.Name)
                    throw _json.Failure($"input '{input.Name}' comes twice");
            Add(input, ReadTensor(input));
        }
    }

    /// <summary>Whether instances are objects with inputs by name.</summary>
    private readonly bool AreRowsNamed()
    {
        JsonCursor ahead = _json;
        ahead.BeginArray();
        return ahead.Peek() == '{' && !StartsWithBase64(ref ahead);
    }

    private static bool StartsWithBase64(ref JsonCursor ahead)
    {
        if (ahead.Peek() != '{')
            return false;
        ahead.BeginObject();
        bool isFirst = true;
        return ahead.NextMember(ref isFirst, out ReadOnlySpan<byte> name) && name.SequenceEqual("b64"u8);
    }

    private TensorValues ReadTensor(TensorSpec input)
    {
        TensorValues values = NewValues();
        values.Read(ref _json, input.Type);
        return values;
    }

    private readonly TensorValues NewValues()
    {
        var values = new TensorValues(_options) { AllowsBase64 = true };
        values.Clear();
        return values;
    }

    private readonly TensorSpec OnlyInput() => _signature.Inputs is [var only]
        ? only
        : throw new WireException($"The model has {_signature.Inputs.Count} inputs, so that each is given by its name: {string.Join(", ", _signature.Inputs.Select(static input => input.Name))}.");

    private readonly int IndexOf(ReadOnlySpan<byte> name)
    {
        string text = System.Text.Encoding.UTF8.GetString(name);
        for (int i = 0; i < _signature.Inputs.Count; i++)
            if (_signature.Inputs[i].Name == text)
                return i;

        throw new WireException($"The model has no input '{RestError.Shorten(text)}'; it takes {string.Join(", ", _signature.Inputs.Select(static input => input.Name))}.");
    }

    private readonly void Add(TensorSpec input, TensorValues values)
    {
        // Lists of nothing do not say what lies in them.
        if (TensorShape.CountElements(values.Shape, _options.MaximumElements) != values.Count)
            throw new WireException($"Input '{input.Name}' has lists of different lengths.");
        values.Bytes.CopyTo(_request.AddInput(input.Name, input.Type, values.Shape, values.Bytes.Length));
    }
}
