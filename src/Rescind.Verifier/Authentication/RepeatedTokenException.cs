using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>A request with several Authorization headers: 400 <c>invalid_request</c> (BT-3, T-29).</summary>
internal sealed class RepeatedTokenException() : SecurityTokenException("The request has several Authorization headers.");
