/**
 * The published example of the JWP profile: a key, a token and a presentation on P-256.
 * Source: christianpaquin/uprove-jwp, uprove-jwp-profile.md (9e780c36), figures only.
 */
export const jwpExample = {
  key: {
    kty: 'UP',
    alg: 'UP256',
    kid: 'UUbAKVRmLuswULmn1ig057cDOy7fGQE5ar3iz2hVxwY',
    g0: 'BMmF8Ej5gOCTL2J0YYZz2wcPY_RoTJ2SzYkBeKr3AdQO1b-H3JyCtiDvkcbRaOd_A94f7oWBhKg_iHuvBBak85Y',
    spec: 'eyJuIjo0LCJleHBUeXBlIjoiZGF5IiwiYXR0clR5cGVzIjpbImZhbWlseV9uYW1lIiwiZ2l2ZW5fbmFtZSIsImVtYWlsIiwiYWdlIl19',
  },
  y0: 'PKinssR-9gt4ZSFDb1-nCIuochODYmji2W3o3BDSgEQ',
  /** alpha^-1 of the token. */
  privateKey: '2VXSUN55TDcgrPOlPlNXg1dvEzqSoTLLd7hOUaTr5ZY',
  attributes: ['Doe', 'Jay', 'jaydoe@example.org', '42'],
  disclosed: [2, 4],
  /** m, as text: the published one is a string of base64url, and its characters are what is signed. */
  message: 'uTEB371l1pzWJl7afB0wi0HWUNk1Le-bComFLxa8K-s',
  token: {
    UIDP: 'UUbAKVRmLuswULmn1ig057cDOy7fGQE5ar3iz2hVxwY',
    h: 'BDs-SvWyG5e0VZhB9mqkvJJxyztAtnedXWq3yuGJ_qAjtWCYTfl8WMwlQNMf_lAI4Qjde9vnaRB-n9Fnc9WMzxA',
    TI: 'eyJpc3MiOiJodHRwczovL2lzc3VlciIsImV4cCI6MTk1MjJ9',
    PI: '',
    sZp: 'BA1NzNrZrnzVWjo2rKEagfXZ_aK4kvMe3F31jPltiY_aZgLSz4tFFnSnMzjEzQVbTpwZwvLY4PbuvxiYy7a7NiQ',
    sCp: 'OFPTG4fJhVXFYqFnGOvarbIGxsvr3ENw4QqWqwdfZY8',
    sRp: 'qlk-fxjzTaneNcTckQalEwzmvD8mn7v9WINT_m_TC4k',
  },
  presented: {
    a: 'GN3JwqzLTN_CxUmP_1o9Bm0ZDBFNKPJeStwmU0oP7wY',
    r: [
      '7BQKoBhpDc_vliNUCjev2Pr5zmHIWuemdpPdcp8RjE4',
      '-hNfGQfP_J7PCAYx0iU1FqbYHcrzoACMnYYIRYU47TY',
      'ysXJ8U1CQQesqMbletc9xhKwUuSalIBgpKQcsix8IOc',
    ],
    m: 'dVRFQjM3MWwxcHpXSmw3YWZCMHdpMEhXVU5rMUxlLWJDb21GTHhhOEstcw',
  },
  issuedJwp:
    'eyJhbGciOiJVUDI1NiIsInR5cCI6IkpXUCJ9.WyJSRzlsIiwiU21GNSIsImFtRjVaRzlsUUdWNFlXMXdiR1V1YjNKbiIsIk5ESSJd.eyJVSURQIjoiVVViQUtWUm1MdXN3VUxtbjFpZzA1N2NET3k3ZkdRRTVhcjNpejJoVnh3WSIsImgiOiJCRHMtU3ZXeUc1ZTBWWmhCOW1xa3ZKSnh5enRBdG5lZFhXcTN5dUdKX3FBanRXQ1lUZmw4V013bFFOTWZfbEFJNFFqZGU5dm5hUkItbjlGbmM5V016eEEiLCJUSSI6ImV5SnBjM01pT2lKb2RIUndjem92TDJsemMzVmxjaUlzSW1WNGNDSTZNVGsxTWpKOSIsIlBJIjoiIiwic1pwIjoiQkExTnpOclpybnpWV2pvMnJLRWFnZlhaX2FLNGt2TWUzRjMxalBsdGlZX2FaZ0xTejR0RkZuU25NempFelFWYlRwd1p3dkxZNFBidXZ4aVl5N2E3TmlRIiwic0NwIjoiT0ZQVEc0ZkpoVlhGWXFGbkdPdmFyYklHeHN2cjNFTnc0UXFXcXdkZlpZOCIsInNScCI6InFsay1meGp6VGFuZU5jVGNrUWFsRXd6bXZEOG1uN3Y5V0lOVF9tX1RDNGsifQ',
  presentedJwp:
    'eyJhbGciOiJVUDI1NiIsInR5cCI6IkpXUCJ9.W251bGwsIlNtRjUiLG51bGwsIk5ESSJd.eyJVSURQIjoiVVViQUtWUm1MdXN3VUxtbjFpZzA1N2NET3k3ZkdRRTVhcjNpejJoVnh3WSIsImgiOiJCRHMtU3ZXeUc1ZTBWWmhCOW1xa3ZKSnh5enRBdG5lZFhXcTN5dUdKX3FBanRXQ1lUZmw4V013bFFOTWZfbEFJNFFqZGU5dm5hUkItbjlGbmM5V016eEEiLCJUSSI6ImV5SnBjM01pT2lKb2RIUndjem92TDJsemMzVmxjaUlzSW1WNGNDSTZNVGsxTWpKOSIsIlBJIjoiIiwic1pwIjoiQkExTnpOclpybnpWV2pvMnJLRWFnZlhaX2FLNGt2TWUzRjMxalBsdGlZX2FaZ0xTejR0RkZuU25NempFelFWYlRwd1p3dkxZNFBidXZ4aVl5N2E3TmlRIiwic0NwIjoiT0ZQVEc0ZkpoVlhGWXFGbkdPdmFyYklHeHN2cjNFTnc0UXFXcXdkZlpZOCIsInNScCI6InFsay1meGp6VGFuZU5jVGNrUWFsRXd6bXZEOG1uN3Y5V0lOVF9tX1RDNGsifQ.eyJhIjoiR04zSndxekxUTl9DeFVtUF8xbzlCbTBaREJGTktQSmVTdHdtVTBvUDd3WSIsInIiOlsiN0JRS29CaHBEY192bGlOVUNqZXYyUHI1em1ISVd1ZW1kcFBkY3A4UmpFNCIsIi1oTmZHUWZQX0o3UENBWXgwaVUxRnFiWUhjcnpvQUNNbllZSVJZVTQ3VFkiLCJ5c1hKOFUxQ1FRZXNxTWJsZXRjOXhoS3dVdVNhbElCZ3BLUWNzaXg4SU9jIl0sIm0iOiJkVlJGUWpNM01Xd3hjSHBYU213M1lXWkNNSGRwTUVoWFZVNXJNVXhsTFdKRGIyMUdUSGhoT0VzdGN3In0',
} as const
