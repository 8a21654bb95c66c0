using System.Text;

namespace Mlops.Serving.AspNetCore;

/// <summary>Reads a request of the Open Inference Protocol: JSON alone, or JSON with the elements of tensors behind it.</summary>
internal ref struct InferRequestReader
{
    private const string HeaderHint = "the header Inference-Header-Content-Length says where the JSON ends and the bytes begin";
    private readonly InferCall _call;
    private readonly InferenceOptions _options;
    private JsonCursor _json;
    private ReadOnlySpan<byte> _tail;
    private readonly bool _hasTail;

    /// <param name="call">What is read.</param>
    /// <param name="body">The body.</param>
    /// <param name="jsonLength">Bytes of it that are JSON; <c>null</c> for all.</param>
    /// <param name="options">The bounds.</param>
    public InferRequestReader(InferCall call, ReadOnlySpan<byte> body, int? jsonLength, InferenceOptions options)
    {
        int length = jsonLength ?? body.Length;
        if (length > body.Length)
            throw new WireException($"Inference-Header-Content-Length is {length}, and the body has {body.Length} bytes.");

        _call = call;
        _options = options;
        _json = new JsonCursor(body[..length], options.MaximumJsonDepth);
        _tail = body[length..];
        _hasTail = jsonLength is not null;
    }

    /// <exception cref="WireException">It cannot be read.</exception>
    public void Read()
    {
        bool hasInputs = false;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("inputs"u8))
            {
                ReadInputs();
                hasInputs = true;
            }
            else if (name.SequenceEqual("outputs"u8))
                ReadOutputs();
            else if (name.SequenceEqual("id"u8))
                _call.ClientId = _json.ReadString();
            else if (name.SequenceEqual("parameters"u8))
                ReadParameters();
            else
                _json.Skip();
        }

        _json.End();
        if (!hasInputs)
            throw new WireException("The request has no inputs.");
        if (!_tail.IsEmpty)
            throw new WireException($"{_tail.Length} bytes are left behind the tensors of the request: the binary_data_size of its inputs must add up to the bytes behind the JSON.");
    }

    private void ReadInputs()
    {
        if (_call.Request.Inputs.Count > 0)
            throw _json.Failure("there are two lists of inputs");

        _json.BeginArray();
        bool isFirst = true;
        while (_json.NextElement(ref isFirst))
        {
            if (_call.Request.Inputs.Count == _options.MaximumTensors)
                throw new WireException($"The request has more than {_options.MaximumTensors} inputs.");
            ReadInput();
        }
    }

    private void ReadInput()
    {
        string? name = null;
        TensorDataType? type = null;
        Span<long> dimensions = stackalloc long[_options.MaximumRank];
        int rank = -1;
        int later = -1;
        bool hasData = false;
        int? binaryBytes = null;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> member))
        {
            if (member.SequenceEqual("name"u8))
                name = _json.ReadString();
            else if (member.SequenceEqual("shape"u8))
                rank = ReadShape(dimensions);
            else if (member.SequenceEqual("datatype"u8))
                type = ReadType();
            else if (member.SequenceEqual("parameters"u8))
                binaryBytes = ReadInputParameters();
            else if (!member.SequenceEqual("data"u8))
                _json.Skip();
            else if (hasData)
                throw _json.Failure("an input has data twice");
            else
            {
                hasData = true;
                if (type is { } known)
                    _call.Values.Read(ref _json, known);
                else
                {
                    // The type comes later, and without it the elements cannot be read.
                    _json.Peek();
                    later = _json.Position;
                    _json.Skip();
                }
            }
        }

        if (name is null || type is not { } datatype || rank < 0)
            throw _json.Failure($"input '{name}' lacks its name, datatype or shape");
        if (binaryBytes is { } length)
        {
            if (hasData)
                throw new WireException($"Input '{name}' has both data and binary_data_size.");
            AddBinary(name, datatype, dimensions[..rank], length);
            return;
        }

        if (!hasData)
            throw new WireException($"Input '{name}' has no data{(_hasTail ? " and no binary_data_size" : "")}.");
        if (later >= 0)
        {
            int end = _json.Position;
            _json.Position = later;
            _call.Values.Read(ref _json, datatype);
            _json.Position = end;
        }

        AddValues(name, datatype, dimensions[..rank]);
    }

    private void AddValues(string name, TensorDataType type, scoped ReadOnlySpan<long> shape)
    {
        TensorValues values = _call.Values;
        int? count = TensorShape.CountElements(shape, _options.MaximumElements);
        bool isFlat = values.Shape.Length <= 1;
        if (values.Count != count || !(isFlat || values.Shape.SequenceEqual(shape)))
            throw new WireException($"Input '{name}' has shape {TensorShape.ToText(shape)} and data of {values.Count} elements in lists of {TensorShape.ToText(values.Shape)}: data is one list of all elements, or lists within lists as the shape says.");

        ThrowIfTaken(name);
        values.Bytes.CopyTo(_call.Request.AddInput(name, type, shape, values.Bytes.Length));
    }

    private void AddBinary(string name, TensorDataType type, scoped ReadOnlySpan<long> shape, int length)
    {
        if (!_hasTail)
            throw new WireException($"Input '{name}' has binary_data_size, but the request has no bytes: {HeaderHint}.");
        if (TensorShape.CountElements(shape, _options.MaximumElements) is not { } count)
            throw new WireException($"Input '{name}' has shape {TensorShape.ToText(shape)}, which has a negative dimension or more than {_options.MaximumElements} elements.");
        if (length > _tail.Length)
            throw new WireException($"Input '{name}' has a binary_data_size of {length}, and {_tail.Length} bytes are left of the body.");
        if (type != TensorDataType.Text && (long)count * type.Size() != length)
            throw new WireException($"Input '{name}' has shape {TensorShape.ToText(shape)} of {WireTypes.NameOf(type)}, which is {(long)count * type.Size()} bytes, and a binary_data_size of {length}.");

        WireElements.Check(name, type, _tail[..length]);

        ThrowIfTaken(name);
        _tail[..length].CopyTo(_call.Request.AddInput(name, type, shape, length));
        _tail = _tail[length..];
    }

    private readonly void ThrowIfTaken(string name)
    {
        IReadOnlyList<ModelTensor> inputs = _call.Request.Inputs;
        for (int i = 0; i < inputs.Count; i++)
            if (inputs[i].Name == name)
                throw new WireException($"The request has two inputs '{name}'.");
    }

    private int ReadShape(scoped Span<long> dimensions)
    {
        int rank = 0;
        _json.BeginArray();
        bool isFirst = true;
        while (_json.NextElement(ref isFirst))
        {
            if (rank == dimensions.Length)
                throw _json.Failure($"a tensor has more than {dimensions.Length} dimensions");
            dimensions[rank++] = (long)_json.ReadUnsigned(long.MaxValue, "a dimension");
        }

        return rank;
    }

    private TensorDataType ReadType()
    {
        ReadOnlySpan<byte> name = _json.ReadUtf8();
        return WireTypes.TryParse(name, out TensorDataType type)
            ? type
            : throw _json.Failure($"'{Encoding.UTF8.GetString(name[..Math.Min(name.Length, 32)])}' is no datatype; there are {WireTypes.All}");
    }

    private int? ReadInputParameters()
    {
        int? binaryBytes = null;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("binary_data_size"u8))
                binaryBytes = (int)_json.ReadUnsigned((ulong)_options.MaximumRequestBytes, "binary_data_size");
            else if (name.StartsWith("shared_memory_"u8))
                throw _json.Failure("shared memory is not served; send the elements in the request");
            else
                _json.Skip();
        }

        return binaryBytes;
    }

    private void ReadOutputs()
    {
        if (_call.Request.Outputs.Count > 0)
            throw _json.Failure("there are two lists of outputs");

        _json.BeginArray();
        bool isFirst = true;
        while (_json.NextElement(ref isFirst))
            ReadOutput();
    }

    private void ReadOutput()
    {
        string? name = null;
        bool? isBinary = null;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> member))
        {
            if (member.SequenceEqual("name"u8))
                name = _json.ReadString();
            else if (member.SequenceEqual("parameters"u8))
                isBinary = ReadOutputParameters();
            else
                _json.Skip();
        }

        if (name is null)
            throw _json.Failure("an output has no name");
        if (_call.Request.Outputs.Count == _options.MaximumTensors)
            throw new WireException($"The request asks for more than {_options.MaximumTensors} outputs.");
        if (_call.Request.Outputs.Contains(name, StringComparer.Ordinal))
            throw new WireException($"The request asks for output '{name}' twice.");
        _call.Request.WantOutput(name);
        _call.AreOutputsBinary.Add(isBinary);
    }

    private bool? ReadOutputParameters()
    {
        bool? isBinary = null;
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("binary_data"u8))
                isBinary = _json.ReadBoolean();
            else if (name.StartsWith("shared_memory_"u8))
                throw _json.Failure("shared memory is not served; the elements come in the response");
            else if (name.SequenceEqual("classification"u8) && _json.ReadUnsigned(int.MaxValue, "classification") > 0)
                throw _json.Failure("classification is not served; ask for the scores and sort them");
            else if (!name.SequenceEqual("classification"u8))
                _json.Skip();
        }

        return isBinary;
    }

    private void ReadParameters()
    {
        _json.BeginObject();
        bool isFirst = true;
        while (_json.NextMember(ref isFirst, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("binary_data_output"u8))
                _call.IsBinary = _json.ReadBoolean();
            else if (name.SequenceEqual("routing_key"u8))
                _call.RoutingKey = _json.ReadString();
            else if (name.SequenceEqual("timeout"u8))
                _call.Timeout = CallParameters.ToTimeout(_json.ReadUnsigned(long.MaxValue, "timeout, in microseconds"));
            else if (name.SequenceEqual("priority"u8))
                _call.Priority = CallParameters.ToPriority(_json.ReadUnsigned(ulong.MaxValue, "priority"));
            else if (name.StartsWith("sequence_"u8))
                throw _json.Failure("sequences are not served; send the state with each request");
            else
                _json.Skip();
        }
    }
}
