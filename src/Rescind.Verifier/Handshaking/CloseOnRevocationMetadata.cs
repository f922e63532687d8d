namespace Rescind.Verifier.Handshaking;

/// <summary>Marks a route whose connections are watched.</summary>
internal sealed class CloseOnRevocationMetadata;
